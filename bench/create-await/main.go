// Start a goroutine that suspends once and wait for it; then the next.
package main

import (
	"runtime"
	"time"

	"bench/measure"
)

func child(done chan struct{}) {
	runtime.Gosched()
	close(done)
}

func main() {
	measure.Measure(func(n int) time.Duration {
		for i := 0; i < n; i++ {
			done := make(chan struct{})
			go child(done)
			<-done
		}
		return 0
	})
}
