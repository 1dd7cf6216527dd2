package httpclient

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
)

// bom is the byte order mark that some editors put before a text in UTF-8.
var bom = []byte("\xef\xbb\xbf")

// ReadFile reads a text file of at most limit bytes, without byte order marks. It
// never waits for somebody to write: pipes, terminals and devices are refused. allow,
// unless it is nil, may refuse the file before it is read. Errors name the path and
// quote nothing of the content.
func ReadFile(path string, limit int64, allow func(fs.FileInfo) error) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s cannot be read: it is too large", path)
	case allow != nil:
		if err := allow(info); err != nil {
			return nil, err
		}
	}
	content, err := os.ReadFile(path) //nolint:gosec // the user names the file
	return bytes.ReplaceAll(content, bom, nil), err
}
