package pod

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
)

// Image is what stands for a container image: a statically linked program.
type Image struct {
	// Path is the program on this machine.
	Path string `json:"path"`
	// Entrypoint is its path in the container, "/" and the program's name if empty.
	Entrypoint string `json:"entrypoint,omitempty"`
	// User is the user and group that it runs as unless the pod says otherwise; 0 is root.
	User int64 `json:"user,omitempty"`
}

func (i Image) entrypoint() string { return cmp.Or(i.Entrypoint, "/"+filepath.Base(i.Path)) }

// reject is a reason not to start a container, in the words of a kubelet.
type reject struct{ reason, message string }

func (r *reject) Error() string { return r.reason + ": " + r.message }

// image finds an image by reference; tag and digest do not matter.
func (h *Host) image(reference string) (Image, error) {
	repository := repositoryOf(reference)
	i, ok := h.Images[repository]
	if !ok {
		return Image{}, &reject{"ErrImagePull", fmt.Sprintf("the fleet has no program for image %q", repository)}
	}
	return i, nil
}

func repositoryOf(reference string) string {
	repository, _, _ := strings.Cut(reference, "@")
	if colon := strings.LastIndexByte(repository, ':'); colon > strings.LastIndexByte(repository, '/') {
		repository = repository[:colon]
	}
	return repository
}
