package sandbox

import (
	"io"
	"sync"
)

// Join copies between two connections until each side has ended.
func Join(a, b io.ReadWriteCloser) {
	var wg sync.WaitGroup
	for _, way := range [][2]io.ReadWriteCloser{{a, b}, {b, a}} {
		wg.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			if c, ok := way[0].(interface{ CloseWrite() error }); ok {
				_ = c.CloseWrite()
				return
			}
			_ = way[0].Close() // of a stream it closes this way alone
		})
	}
	wg.Wait()
	_, _ = a.Close(), b.Close()
}
