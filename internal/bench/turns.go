package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// operation is an operation to measure. run does it n times and returns the time without
// that of the preparation.
type operation struct {
	name  string
	limit float64 // times the floor; 0 if only told
	run   func(n int) time.Duration

	each   int       // repetitions per turn
	times  []float64 // ns per repetition, by turn
	ratios []float64 // to the floor of the same turn
}

// plain returns an operation that calls a function repeatedly.
func plain(f func()) func(int) time.Duration {
	return func(n int) time.Duration {
		start := spent()
		for range n {
			f()
		}
		return spent() - start
	}
}

// takeTurns measures all operations in turn. The first of them is the floor.
func takeTurns(operations []*operation, turns int, chunk time.Duration) {
	for _, o := range operations {
		o.each = 1
		for {
			took := o.run(o.each)
			if took >= chunk || o.each > 1<<24 {
				break
			}
			o.each *= 1 + int(min(chunk/max(took, 1), 8))
		}
	}
	for range turns {
		for _, o := range operations {
			o.times = append(o.times, float64(o.run(o.each))/float64(o.each))
		}
		for _, o := range operations {
			last := len(o.times) - 1
			o.ratios = append(o.ratios, o.times[last]/operations[0].times[last])
		}
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// onBoth runs f on two goroutines and returns the wall time per repetition of both
// together.
func onBoth(f func(worker, n int)) func(int) time.Duration {
	return func(n int) time.Duration {
		var both sync.WaitGroup
		start := time.Now()
		for worker := range 2 {
			both.Go(func() { f(worker, n/2+1) })
		}
		both.Wait()
		return time.Since(start)
	}
}

// report writes a table of the operations, and notes their ratios to the floor.
func (r *results) report(w io.Writer, title string, operations []*operation) (over int, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n| | ns | × floor | quartiles | limit | |\n|---|---:|---:|---:|---:|---|\n", title)
	for _, o := range operations {
		sorted := slices.Sorted(slices.Values(o.ratios))
		result, limit := "", ""
		if o.limit > 0 {
			limit, result = fmt.Sprintf("%.2f", o.limit), "ok"
			if median(o.ratios) > o.limit {
				result = "OVER"
				over++
			}
		}
		r.note(o.name, median(o.ratios))
		fmt.Fprintf(&b, "| %s | %.0f | %.4f | %.4f–%.4f | %s | %s |\n",
			o.name, median(o.times), median(o.ratios), sorted[len(sorted)/4], sorted[3*len(sorted)/4], limit, result)
	}
	_, err = io.WriteString(w, b.String())
	return over, err
}
