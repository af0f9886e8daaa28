//go:build !linux

package wire

import (
	"errors"
	"os"
)

// createShared gives memory of a fixed size: a file without a name.
func createShared(folder string, size int64) (*os.File, error) {
	file, err := os.CreateTemp(folder, "page-")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.Remove(file.Name()), file.Truncate(size)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
