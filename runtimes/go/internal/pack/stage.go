package pack

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"

	"fibonacci.dev/go/internal/contract"
)

const (
	maxManifestBytes = 8 * 1024 * 1024
	copyBytes        = 256 * 1024
)

// Expected is what a load document says of its package.
type Expected struct {
	Digest string
	Size   int64
}

// Stage reads a package to its end and writes its files below folder, which must be new and is not the place from which code is run: only when size, manifest and
// digest have proven right does it return nil, and the folder may be moved there. The executable is at hand before its last byte has come, and no package is held in memory.
// An error of the stream itself comes out as it is.
func Stage(body io.Reader, expected Expected, folder string) error {
	digest := sha256.New()
	counted := &counter{reader: io.TeeReader(body, digest)}
	reader := bufio.NewReaderSize(counted, copyBytes)
	line, err := readLine(reader)
	if err != nil {
		return err
	}
	files, err := ParseManifest(line)
	if err != nil {
		return err
	}
	total := int64(len(line)) + 1
	for _, file := range files {
		total += file.Size
	}
	if total != expected.Size {
		return refused("its files need %d bytes and it was announced with %d", total, expected.Size)
	}
	if err := writeFiles(reader, files, folder); err != nil {
		return err
	}
	return check(reader, counted, digest, expected)
}

func check(reader io.Reader, counted *counter, digest hash.Hash, expected Expected) error {
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return err
	}
	if counted.bytes != expected.Size {
		return refused("it has %d bytes and was announced with %d", counted.bytes, expected.Size)
	}
	if "sha256:"+hex.EncodeToString(digest.Sum(nil)) != expected.Digest {
		return refused("its bytes do not have the announced digest")
	}
	return nil
}

func readLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case err == io.EOF || len(line) > maxManifestBytes:
			return nil, refused(`it does not begin with the line {"format":1,"files":[…]}`)
		case err != bufio.ErrBufferFull:
			return nil, err
		}
	}
}

func writeFiles(reader io.Reader, files []File, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	made := map[string]bool{".": true}
	for _, file := range files {
		path := filepath.FromSlash(file.Path)
		if parent := filepath.Dir(path); !made[parent] {
			if err := os.MkdirAll(filepath.Join(folder, parent), 0o755); err != nil {
				return err
			}
			made[parent] = true
		}
		if err := writeFile(reader, file, filepath.Join(folder, path)); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(reader io.Reader, file File, path string) error {
	mode := os.FileMode(0o644)
	// The format has no mode bits.
	if file.Path == contract.Executable {
		mode = 0o755
	}
	target, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.CopyN(target, reader, file.Size)
	if err == io.EOF {
		err = refused("it ends within %q", file.Path)
	}
	return errors.Join(err, target.Close())
}

type counter struct {
	reader io.Reader
	bytes  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.reader.Read(p)
	c.bytes += int64(n)
	return n, err
}
