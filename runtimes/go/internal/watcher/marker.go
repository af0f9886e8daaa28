package watcher

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"fibonacci.dev/go/internal/wire"
)

const markerFile = "function.json"

// readMarker gives the function that this scratch folder belongs to for life (W3.3), or nil.
func readMarker(scratch string) (*wire.FunctionRef, error) {
	data, err := os.ReadFile(filepath.Join(scratch, markerFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	owner := &wire.FunctionRef{}
	return owner, json.Unmarshal(data, owner)
}

// writeMarker is durable when it returns: the file's and the folder's entries are on disk.
func writeMarker(scratch string, owner wire.FunctionRef) error {
	data, err := json.Marshal(owner)
	if err != nil {
		return err
	}
	temporary := filepath.Join(scratch, markerFile+".new")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, filepath.Join(scratch, markerFile)); err != nil {
		return err
	}
	folder, err := os.Open(scratch)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
