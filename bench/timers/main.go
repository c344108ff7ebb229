// Start a timer and stop it, with a turn for the others after every 1,000 pairs.
package main

import (
	"runtime"
	"time"

	"bench/measure"
)

func nothing() {}

func main() {
	measure.Measure(func(n int) time.Duration {
		for i := 1; i <= n; i++ {
			time.AfterFunc(10*time.Second, nothing).Stop()
			if i%1000 == 0 {
				runtime.Gosched()
			}
		}
		return 0
	})
}
