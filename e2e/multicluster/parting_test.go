package multicluster

import (
	"context"
	"fmt"
	"os/exec"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/install"
)

// TestRemoveLeavesNothingInTheMember: when fairwayctl has removed a member, the hub's account there
// is gone, and before that the hub has taken back what it said on the member's exports.
func TestRemoveLeavesNothingInTheMember(t *testing.T) {
	r := newRoom(t)
	east := stack.Member("east")
	r.serve("echo", east)
	r.exported(east, "echo", true)
	t.Cleanup(func() {
		if err := stack.Join(context.Background(), east); err != nil {
			t.Error(err)
		}
	})
	output, err := exec.CommandContext(t.Context(), stack.Ctl(), "clusters", "remove", east.Name(), "--yes", "--kubeconfig", stack.Hub.KubeconfigFile(),
		"--member-kubeconfig", east.KubeconfigFile(), "--member-context", east.Name()).CombinedOutput()
	if err != nil {
		t.Fatalf("fairwayctl clusters remove: %v\n%s", err, output)
	}
	var export mcsv1beta1.ServiceExport
	if err := east.Client.Get(t.Context(), r.key("echo"), &export); err != nil {
		t.Fatal(err)
	}
	if len(export.Status.Conditions) > 0 {
		r.fatal(fmt.Errorf("the export says %+v", export.Status.Conditions))
	}
	err = east.Client.Get(t.Context(), client.ObjectKey{Namespace: install.Namespace, Name: "fairway-hub"}, &corev1.ServiceAccount{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the hub's account is still there: %v", err)
	}
}
