package main

import (
	"fmt"

	"github.com/spf13/pflag"
)

// parse sets a component's flags from a command line, as its cobra command would.
func parse(component string, sets map[string]*pflag.FlagSet, args ...string) error {
	flags := pflag.NewFlagSet(component, pflag.ContinueOnError)
	for _, set := range sets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("parse flags: %w", err)
	}
	return nil
}
