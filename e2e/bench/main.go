package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fairway.dev/fairway/e2e/install"
)

func main() {
	sizes := flag.String("routes", "100,1000,5000", "the numbers of routes to measure at, from small to large")
	samples := flag.Int("samples", 300, "how many changes of each sort are measured at each size")
	attach := flag.Int("attach", 1000, "how many routes are attached at once; 0 leaves that out")
	out := flag.String("out", "build/bench", "the folder for bench.json and bench.png")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Stdout, *sizes, *samples, *attach, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, to io.Writer, sizes string, samples, attach int, out string) (err error) {
	var numbers []int
	for _, text := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || len(numbers) > 0 && n <= numbers[len(numbers)-1] {
			return fmt.Errorf("--routes: %q is no rising list of numbers", sizes)
		}
		numbers = append(numbers, n)
	}
	if samples < 1 {
		return errors.New("--samples: at least 1")
	}
	progress := install.Elapsed(to)
	stack, err := install.Up(ctx, install.Options{Name: "bench", Members: []string{"east"}, Log: progress})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	report, err := measure(ctx, stack, []subject{fairway("fairway", stack, stack.Members[0])}, numbers, samples, attach, progress)
	if err != nil {
		return err
	}
	if err := write(out, report); err != nil {
		return err
	}
	say(progress, "the figures are in %s", out)
	if err := table(to, report); err != nil {
		return err
	}
	return lost(report)
}

// measure measures subjects one after the other.
func measure(ctx context.Context, stack *install.Stack, subjects []subject, sizes []int, samples, attach int, progress io.Writer) (Report, error) {
	report := Report{Date: time.Now().Format(time.DateOnly), Machine: machine()}
	for i, s := range subjects {
		w, err := newWorld(ctx, stack, s)
		if err != nil {
			return report, fmt.Errorf("%s: %w", s.name, err)
		}
		b := &bench{world: w, subject: s, samples: samples, log: progress}
		f, err := b.run(ctx, sizes, attach)
		if err != nil {
			return report, fmt.Errorf("%s: %w\n%s", s.name, err, stack.Explain(ctx, w.namespace))
		}
		report.Subjects = append(report.Subjects, f)
		if i+1 < len(subjects) {
			if err := w.end(ctx); err != nil {
				return report, fmt.Errorf("%s: %w", s.name, err)
			}
			// What is gone has still to be digested.
			if err := b.quiet(ctx); err != nil {
				return report, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return report, nil
}
