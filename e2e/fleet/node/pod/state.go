package pod

import (
	"cmp"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"fairway.dev/fairway/e2e/fleet/node/container"
	"fairway.dev/fairway/e2e/fleet/node/journal"
)

// state is what is known of a container at one moment. At most one of waiting, running and terminated is set; with none,
// the container waits for its pod.
type state struct {
	waiting    *corev1.ContainerStateWaiting
	running    *corev1.ContainerStateRunning
	terminated *corev1.ContainerStateTerminated
	last       *corev1.ContainerStateTerminated // how it ended before the present run
	restarts   int32
	started    bool // running, and past its startup probe
	ready      bool // started, and its readiness probe agrees
	id         string
}

// output is what a container printed in its present run and in the one before.
type output struct{ current, previous *journal.Journal }

// status is the state in the API's words. The default says why a container waits that was not tried yet.
func (s *state) status(c *corev1.Container, otherwise corev1.ContainerStateWaiting) corev1.ContainerStatus {
	started := s.started
	status := corev1.ContainerStatus{
		Name: c.Name, Image: c.Image, ContainerID: s.id, RestartCount: s.restarts, Started: &started, Ready: s.ready,
		State:                corev1.ContainerState{Waiting: s.waiting, Running: s.running, Terminated: s.terminated},
		LastTerminationState: corev1.ContainerState{Terminated: s.last},
	}
	if s.id != "" {
		status.ImageID = c.Image
	}
	if s.waiting == nil && s.running == nil && s.terminated == nil {
		status.State.Waiting = &otherwise
	}
	return status
}

// setRunning records a start.
func (s *state) setRunning(at time.Time, id string) {
	if s.terminated != nil {
		s.last = s.terminated
	}
	if s.last != nil {
		s.restarts++
	}
	s.waiting, s.terminated, s.running = nil, nil, &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(at)}
	s.started, s.ready, s.id = false, false, id
}

// setTerminated records an end.
func (s *state) setTerminated(exit container.Exit, message string) {
	reason := "Completed"
	if exit.Code != 0 {
		reason = "Error"
	}
	var started metav1.Time
	if s.running != nil {
		started = s.running.StartedAt
	}
	s.terminated = &corev1.ContainerStateTerminated{
		ExitCode: int32(exit.Code), Signal: int32(exit.Signal), Reason: reason, Message: message,
		StartedAt: started, FinishedAt: metav1.NewTime(exit.At), ContainerID: s.id,
	}
	s.waiting, s.running, s.started, s.ready = nil, nil, false, false
}

// setWaiting records why a container does not run now.
func (s *state) setWaiting(reason, message string) {
	if s.terminated != nil {
		s.last, s.terminated = s.terminated, nil
	}
	s.running, s.waiting = nil, &corev1.ContainerStateWaiting{Reason: reason, Message: message}
}

// The longest message that a container may leave, and the part of its log that stands for one (the kubelet's limits).
const (
	maxMessage  = 4096
	maxLogTail  = 2048
	maxLogLines = 80
)

// lastWords are what a container wrote to its termination log or, where its policy says so, the end of its output.
func lastWords(path string, c *corev1.Container, exit container.Exit, log *journal.Journal) string {
	content, err := os.ReadFile(path)
	if err != nil {
		content = nil // it never got as far as to have one
	}
	if len(content) > maxMessage {
		content = content[len(content)-maxMessage:]
	}
	policy := cmp.Or(c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	if len(content) == 0 && policy == corev1.TerminationMessageFallbackToLogsOnError && exit.Code != 0 {
		return strings.ToValidUTF8(log.Tail(maxLogLines, maxLogTail), "")
	}
	return strings.ToValidUTF8(string(content), "")
}
