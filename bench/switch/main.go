// `runtime.Gosched()`: give every other ready goroutine its turn. One, or BENCH_TASKS of them.
package main

import (
	"runtime"
	"sync"
	"time"

	"bench/measure"
)

var tasks = int(measure.Parameter("TASKS", 1))

func switches(count int) {
	for i := 0; i < count; i++ {
		runtime.Gosched()
	}
}

func main() {
	measure.Measure(func(n int) time.Duration {
		var group sync.WaitGroup
		for i := 0; i < tasks; i++ {
			group.Add(1)
			go func() { defer group.Done(); switches(n / tasks) }()
		}
		group.Wait()
		return 0
	})
}
