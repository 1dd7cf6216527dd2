package httpclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// bom is the byte order mark that some editors put before a text in UTF-8.
var bom = []byte("\xef\xbb\xbf")

// ReadFile reads a text file of at most limit bytes, without byte order marks. It
// never waits for somebody to write: pipes, terminals and devices are refused. allow,
// unless it is nil, may refuse the file before it is read. Errors name the path and
// quote nothing of the content.
func ReadFile(path string, limit int64, allow func(fs.FileInfo) error) ([]byte, error) {
	// O_NONBLOCK: opening a pipe would wait for its other end.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case allow != nil:
		if err := allow(info); err != nil {
			return nil, err
		}
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errors.New("it is too large")
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return bytes.ReplaceAll(content, bom, nil), nil
}
