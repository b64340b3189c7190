package container

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// settle is how long a program may take, from its execution, until it catches signals.
const settle = 2 * time.Second

// AwaitHandler returns when the container's first process catches a signal, has ended, or has had its
// time to begin to. The kernel drops a signal that the first process of a PID namespace does not catch
// (pid_namespaces(7)): one that comes in the moment between execution and the program's own start would
// leave it running until it is killed.
func (p *Process) AwaitHandler(ctx context.Context, signal syscall.Signal) {
	left := settle - time.Since(p.Started)
	if left <= 0 {
		return
	}
	// That it did not come about in time is what the caller goes on with.
	_ = wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, left, true, func(context.Context) (bool, error) {
		select {
		case <-p.done:
			return true, nil
		default:
			return p.catches(signal), nil
		}
	})
}

// catches reads the mask of caught signals from proc_pid_status(5).
func (p *Process) catches(signal syscall.Signal) bool {
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return false
	}
	defer status.Close() //nolint:errcheck // it was only read
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if mask, ok := strings.CutPrefix(lines.Text(), "SigCgt:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return err == nil && bits&(1<<(uint(signal)-1)) != 0
		}
	}
	return false
}
