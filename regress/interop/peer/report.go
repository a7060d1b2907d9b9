// SPDX-License-Identifier: ISC

package peer

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

type fields map[string]any

// reporter writes one JSON object per line, whole lines only.
type reporter struct {
	mu    sync.Mutex
	enc   *json.Encoder
	start time.Time
}

func newReporter(w io.Writer) *reporter {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &reporter{enc: enc, start: time.Now()}
}

// emit adds the event's name and the seconds since the start to f. A reader
// that went away is not an error here: the end of stdin ends the program.
func (r *reporter) emit(event string, f fields) {
	line := fields{}
	for k, v := range f {
		line[k] = v
	}
	line["event"] = event
	line["t"] = float64(time.Since(r.start).Milliseconds()) / 1000
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.enc.Encode(line)
}
