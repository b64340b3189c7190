package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// strictHelp makes help of what is no command a mistake of the command line;
// cobra would show the root's, as if that had been asked for.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		c.Args = func(_ *cobra.Command, args []string) error {
			if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
				return &usageError{command: root.CommandPath(), err: fmt.Errorf("there is no command %q to help with", strings.Join(args, " "))}
			}
			return nil
		}
	}
}
