package onepin

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/pelletier/go-toml/v2"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// credentials are what OnePin's own CLI keeps in ~/.onepin/credentials, a TOML
// file, under [default] (podonos/onepin-python).
type credentials struct {
	token   keyring.Secret
	baseURL string
}

// maxCredentials bounds the file, in bytes.
const maxCredentials = 64 << 10

// othersMayRead are the permission bits of group and others.
const othersMayRead = 0o077

// readCredentials reads the file; none is no error. One that others may read is
// refused, as the CLI refuses it. Errors never quote what is in it.
func readCredentials() (credentials, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return credentials{}, nil //nolint:nilerr // without a home there is no file
	}
	path := filepath.Join(home, ".onepin", "credentials")
	content, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return credentials{}, nil
	}
	if err != nil {
		return credentials{}, err
	}
	var file struct {
		Default struct {
			APIKey  string `toml:"api_key"`
			BaseURL string `toml:"base_url"`
		} `toml:"default"`
	}
	if err := toml.Unmarshal(content, &file); err != nil {
		place := ""
		var where *toml.DecodeError
		if errors.As(err, &where) {
			row, _ := where.Position()
			place = fmt.Sprintf(" (line %d)", row)
		}
		return credentials{}, fmt.Errorf("%s is not the TOML file with api_key and base_url under [default] that OnePin's CLI writes%s", path, place)
	}
	found := credentials{token: keyring.NewSecret(file.Default.APIKey), baseURL: file.Default.BaseURL}
	if found.token.IsZero() {
		return credentials{}, nil
	}
	if err := httpclient.CheckCredential(file.Default.APIKey); err != nil {
		return credentials{}, fmt.Errorf("api_key in %s cannot be used: %w", path, err)
	}
	if found.baseURL != "" {
		if _, err := httpclient.ParseBaseURL(found.baseURL); err != nil {
			return credentials{}, fmt.Errorf("base_url in %s cannot be used: %w", path, err)
		}
	}
	return found, nil
}

// readPrivate reads a small file that nobody else may read. Windows keeps
// permissions in another way, so there the file is taken as it is.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // a fixed place in the user's home
	if err != nil {
		return nil, fmt.Errorf("the credentials file cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("the credentials file cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&othersMayRead != 0:
		return nil, fmt.Errorf("%s may be read by others (mode %04o) and is refused: run chmod 600 on it, and rotate the key if others have had access",
			path, info.Mode().Perm())
	}
	content, err := io.ReadAll(io.LimitReader(f, maxCredentials+1))
	if err == nil && len(content) > maxCredentials {
		err = errors.New("it is too large")
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return content, nil
}
