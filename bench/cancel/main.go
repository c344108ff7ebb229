// Cancel n sleeping goroutines, each with a context of its own, and wait until all have ended. Only
// that is timed.
package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"bench/measure"
)

func sleeper(ctx context.Context, asleep *atomic.Int64) {
	asleep.Add(1)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func main() {
	measure.Measure(func(n int) time.Duration {
		var asleep atomic.Int64
		var group sync.WaitGroup
		group.Add(n)
		cancels := make([]context.CancelFunc, n)
		for i := range cancels {
			ctx, cancel := context.WithCancel(context.Background())
			cancels[i] = cancel
			go func() { defer group.Done(); sleeper(ctx, &asleep) }()
		}
		for asleep.Load() < int64(n) {
			time.Sleep(10 * time.Millisecond)
		}
		start := time.Now()
		for _, cancel := range cancels {
			cancel()
		}
		group.Wait()
		return time.Since(start)
	})
}
