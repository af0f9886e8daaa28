package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"fibonacci.dev/go/internal/contract"
)

func digestOf(data string) string {
	sum := sha256.Sum256([]byte(data))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func stage(t *testing.T, data string, expected Expected) (string, error) {
	folder := filepath.Join(t.TempDir(), "incoming")
	return folder, Stage(iotest.OneByteReader(strings.NewReader(data)), expected, folder)
}

func TestStageWritesFilesAndMakesTheFunctionExecutable(t *testing.T) {
	data := `{"format":1,"files":[{"path":"data/ü.txt","size":3},{"path":"function","size":2},{"path":"zero","size":0}]}` + "\nabcde"
	folder, err := stage(t, data, Expected{digestOf(data), int64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "data", "ü.txt"))
	if err != nil || string(text) != "abc" {
		t.Errorf("data/ü.txt is %q, %v", text, err)
	}
	info, err := os.Stat(filepath.Join(folder, "function"))
	if err != nil || info.Mode().Perm()&0o111 == 0 || info.Size() != 2 {
		t.Errorf("function is %v, %v", info, err)
	}
}

func TestStageRefuses(t *testing.T) {
	good := `{"format":1,"files":[{"path":"a","size":2}]}` + "\nab"
	for name, c := range map[string]struct {
		data     string
		expected Expected
	}{
		"another digest":  {good, Expected{digestOf("x"), int64(len(good))}},
		"another size":    {good, Expected{digestOf(good), 5}},
		"too few bytes":   {good[:len(good)-1], Expected{digestOf(good[:len(good)-1]), int64(len(good))}},
		"too many bytes":  {good + "c", Expected{digestOf(good + "c"), int64(len(good)) + 1}},
		"nothing":         {"", Expected{digestOf(""), 0}},
		"no manifest":     {"garbage", Expected{digestOf("garbage"), 7}},
		"an endless line": {strings.Repeat(" ", maxManifestBytes+copyBytes), Expected{digestOf(""), 9}},
	} {
		_, err := stage(t, c.data, c.expected)
		var known *contract.Error
		if !errors.As(err, &known) || known.Code != contract.PackageInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManifestRefusesHostilePaths(t *testing.T) {
	for _, path := range []string{
		"", ".", "..", "../evil", "a/../b", "/evil", "a//b", "a/", "a/./b", `a\\b`, `a\u0000b`, `e\u0301`, strings.Repeat("a", 513), `\ud800`,
	} {
		line := `{"format":1,"files":[{"path":"` + path + `","size":0}]}`
		if files, err := ParseManifest([]byte(line)); err == nil && path != `\ud800` {
			t.Errorf("%s: %v", path, files)
		}
	}
	for _, line := range []string{
		"", "null", "[]", "{}", `{"format":2,"files":[]}`, `{"format":"1","files":[]}`, `{"format":1}`, `{"format":1,"files":null}`, `{"format":1,"files":[null]}`,
		`{"format":1,"files":[{"path":"a"}]}`, `{"format":1,"files":[{"size":1}]}`, `{"format":1,"files":[{"path":7,"size":1}]}`,
		`{"format":1,"files":[{"path":"a","size":-1}]}`, `{"format":1,"files":[{"path":"a","size":1.5}]}`, `{"format":1,"files":[{"path":"a","size":1e300}]}`,
		`{"format":1,"files":[{"path":"b","size":0},{"path":"a","size":0}]}`, `{"format":1,"files":[{"path":"a","size":0},{"path":"a","size":0}]}`,
		`{"format":1,"files":[{"path":"a","size":0},{"path":"a/b","size":0}]}`, `{"format":1,"files":[]} x`,
	} {
		if files, err := ParseManifest([]byte(line)); err == nil {
			t.Errorf("%s: %v", line, files)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"files":[{"path":"a/b","size":1}]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		files, err := ParseManifest(line)
		if err != nil {
			return
		}
		root := t.TempDir()
		for _, file := range files {
			path := filepath.Join(root, filepath.FromSlash(file.Path))
			if !strings.HasPrefix(path, root+string(filepath.Separator)) || bytes.ContainsRune([]byte(file.Path), 0) {
				t.Errorf("%q leads out", file.Path)
			}
		}
	})
}
