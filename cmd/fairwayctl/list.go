package main

import (
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"fairway.dev/fairway/api/v1alpha1"
)

// memberRow is one member, for people and scripts.
type memberRow struct {
	Name      string `json:"name"`
	Reachable string `json:"reachable"`
	Synced    string `json:"synced"`
	Version   string `json:"kubernetesVersion,omitempty"`
	Services  int32  `json:"services"`
	Endpoints int32  `json:"endpoints"`
	// Since is when it last became what it is now.
	Since metav1.Time `json:"since"`
	// Duplicate is true when another member is the same cluster.
	Duplicate bool `json:"duplicate,omitempty"`
	// Message says what is wrong, if anything is.
	Message string `json:"message,omitempty"`
}

func (m memberRow) well() bool {
	return m.Reachable == string(metav1.ConditionTrue) && m.Synced == string(metav1.ConditionTrue) && !m.Duplicate
}

func newList(g *globals) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the members, and what is wrong with them",
		Long: `List the members, and what is wrong with them. The hub looks at each every 10 seconds: services and endpoints are
those that it counted then.

The exit code is 3 if the hub does not reach one, or has not read it, or if two are the same cluster.`,
		Example: "  fairwayctl clusters list\n  fairwayctl clusters list -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(c); err != nil {
				return err
			}
			hub, err := g.hub()
			if err != nil {
				return err
			}
			all, err := members(c.Context(), hub)
			if err != nil {
				return err
			}
			rows := make([]memberRow, len(all))
			unwell := false
			for i := range all {
				rows[i] = newMemberRow(&all[i])
				unwell = unwell || !rows[i].well()
			}
			if err := o.print(g.out, rows, func(w io.Writer) error { return memberTable(w, rows, time.Now()) }); err != nil {
				return err
			}
			if unwell {
				return &unwellError{exitNotWell}
			}
			return nil
		},
	}
	o.bind(c)
	return c
}

func newMemberRow(m *v1alpha1.MemberCluster) memberRow {
	row := memberRow{Name: m.Name, Reachable: string(metav1.ConditionUnknown), Synced: string(metav1.ConditionUnknown),
		Version: m.Status.KubernetesVersion, Services: m.Status.Services, Endpoints: m.Status.Endpoints, Since: m.CreationTimestamp}
	for kind, cell := range map[string]*string{v1alpha1.ConditionReachable: &row.Reachable, v1alpha1.ConditionSynced: &row.Synced} {
		if c := meta.FindStatusCondition(m.Status.Conditions, kind); c != nil {
			*cell = string(c.Status)
			if row.Since.Before(&c.LastTransitionTime) {
				row.Since = c.LastTransitionTime
			}
		}
	}
	if c := meta.FindStatusCondition(m.Status.Conditions, v1alpha1.ConditionDuplicate); c != nil {
		row.Duplicate = true
		row.Message = c.Reason + ": " + c.Message
	}
	if _, done := progress(m); !done {
		row.Message, _ = progress(m)
	}
	return row
}

func memberTable(w io.Writer, rows []memberRow, now time.Time) error {
	cells := make([][]string, len(rows))
	for i, m := range rows {
		cells[i] = []string{m.Name, m.Reachable, m.Synced, m.Version, strconv.Itoa(int(m.Services)), strconv.Itoa(int(m.Endpoints)),
			duration.HumanDuration(now.Sub(m.Since.Time)), m.Message}
	}
	return columns(w, []string{"NAME", "REACHABLE", "SYNCED", "VERSION", "SERVICES", "ENDPOINTS", "SINCE", "MESSAGE"}, cells)
}
