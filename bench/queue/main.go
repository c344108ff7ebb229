// One goroutine sends n items into a channel, another receives them. BENCH_MAXSIZE is its capacity.
package main

import (
	"time"

	"bench/measure"
)

var maxsize = int(measure.Parameter("MAXSIZE", 1))

func consume(queue chan int, count int, result chan int) {
	sum := 0
	for i := 0; i < count; i++ {
		sum += <-queue
	}
	result <- sum
}

func main() {
	measure.Measure(func(n int) time.Duration {
		queue := make(chan int, maxsize)
		result := make(chan int)
		go consume(queue, n, result)
		for i := 0; i < n; i++ {
			queue <- i
		}
		if <-result != n*(n-1)/2 {
			panic("the sum is wrong")
		}
		return 0
	})
}
