// Start n goroutines at once, each of which suspends once, and collect their results.
package main

import (
	"runtime"
	"sync"
	"time"

	"bench/measure"
)

func main() {
	measure.Measure(func(n int) time.Duration {
		results := make([]int, n)
		var group sync.WaitGroup
		group.Add(n)
		for i := 0; i < n; i++ {
			go func(i int) {
				runtime.Gosched()
				results[i] = i
				group.Done()
			}(i)
		}
		group.Wait()
		return 0
	})
}
