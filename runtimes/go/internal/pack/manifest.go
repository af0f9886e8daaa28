// Package pack takes packages apart (W3.2): one line of JSON that lists the files, then their bytes.
package pack

import (
	"encoding/json"
	"fmt"
	"strings"

	"fibonacci.dev/go/internal/contract"
)

// File is an entry of a package's manifest.
type File struct {
	Path string
	Size int64
}

// ParseManifest checks a package's first line: its form and every path.
func ParseManifest(line []byte) ([]File, error) {
	var manifest struct {
		Format json.RawMessage `json:"format"`
		Files  *[]struct {
			Path *string `json:"path"`
			Size *int64  `json:"size"`
		} `json:"files"`
	}
	if err := json.Unmarshal(line, &manifest); err != nil || string(manifest.Format) != "1" || manifest.Files == nil {
		return nil, refused(`it does not begin with the line {"format":1,"files":[…]}, or a file has no path and size`)
	}
	if len(*manifest.Files) > contract.MaxPackageFiles {
		return nil, refused("it has %d files, more than %d", len(*manifest.Files), contract.MaxPackageFiles)
	}
	files := make([]File, 0, len(*manifest.Files))
	for i, entry := range *manifest.Files {
		if entry.Path == nil || entry.Size == nil || *entry.Size < 0 || *entry.Size > contract.MaxPushBytes {
			return nil, refused("a file needs a path and a size")
		}
		problem := pathProblem(*entry.Path)
		if problem == "" && i > 0 && files[i-1].Path >= *entry.Path {
			problem = "paths must be sorted and differ"
		}
		if problem != "" {
			return nil, refused("%q: %s", *entry.Path, problem)
		}
		files = append(files, File{Path: *entry.Path, Size: *entry.Size})
	}
	return files, refuseFileAsFolder(files)
}

func pathProblem(path string) string {
	if path == "" || len(path) > 512 {
		return "a path has 1 to 512 bytes"
	}
	if strings.ContainsAny(path, "\\\x00") {
		return "a path has no backslash and no NUL"
	}
	if !isNFC(path) {
		return "a path is in Unicode form NFC"
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return `a path is relative, with no empty, "." or ".." part`
		}
	}
	return ""
}

// refuseFileAsFolder refuses `a` and `a/b` in one package: the one cannot be written where the other is.
func refuseFileAsFolder(files []File) error {
	paths := make(map[string]bool, len(files))
	for _, file := range files {
		paths[file.Path] = true
	}
	for _, file := range files {
		for i, c := range file.Path {
			if c == '/' && paths[file.Path[:i]] {
				return refused("%q is a file and a folder", file.Path[:i])
			}
		}
	}
	return nil
}

func refused(format string, values ...any) error {
	return contract.NewError(contract.PackageInvalid, "the package is refused: "+fmt.Sprintf(format, values...))
}
