package pools

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

const maxLineBytes = 64 * 1024

// readLines splits an executor's output into lines of at most 64 KiB (W8.1); what a longer line has more is dropped as it comes.
func readLines(stream io.Reader, onLine func(line string, truncated bool)) {
	reader := bufio.NewReaderSize(stream, 32*1024)
	var line []byte
	truncated := false
	for {
		part, err := reader.ReadSlice('\n')
		text, whole := bytes.CutSuffix(part, []byte("\n"))
		room := maxLineBytes - len(line)
		truncated = truncated || len(text) > room
		line = append(line, text[:min(room, len(text))]...)
		if whole || err != nil && err != bufio.ErrBufferFull && len(line) > 0 {
			onLine(cleanLine(line, truncated), truncated)
			line, truncated = line[:0], false
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

// cleanLine gives text: the cut may have gone through a character.
func cleanLine(line []byte, truncated bool) string {
	text := strings.ToValidUTF8(string(line), "\ufffd")
	if truncated {
		text = strings.TrimRight(text, "\ufffd")
	}
	return text
}
