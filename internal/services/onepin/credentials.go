package onepin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/pelletier/go-toml/v2"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
)

// credentials are what OnePin's own CLI keeps in ~/.onepin/credentials, a TOML
// file, under [default] (podonos/onepin-python).
type credentials struct {
	token   driver.Secret
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
	content, err := httpclient.ReadFile(path, maxCredentials, private(path))
	if errors.Is(err, fs.ErrNotExist) {
		return credentials{}, nil
	}
	if err != nil {
		return credentials{}, fmt.Errorf("the credentials file cannot be used: %w", err)
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
	key := httpclient.TrimSetting(file.Default.APIKey)
	found := credentials{token: driver.NewSecret(key), baseURL: httpclient.TrimSetting(file.Default.BaseURL)}
	if found.token.IsZero() {
		return credentials{}, nil
	}
	if err := httpclient.CheckCredential(key); err != nil {
		return credentials{}, fmt.Errorf("api_key in %s cannot be used: %w", path, err)
	}
	if found.baseURL != "" {
		if _, err := httpclient.ParseBaseURL(found.baseURL); err != nil {
			return credentials{}, fmt.Errorf("base_url in %s cannot be used: %w", path, err)
		}
	}
	return found, nil
}

// private refuses a file that others may read. Windows keeps permissions in another
// way, so there the file is taken as it is.
func private(path string) func(fs.FileInfo) error {
	return func(info fs.FileInfo) error {
		if runtime.GOOS != "windows" && info.Mode().Perm()&othersMayRead != 0 {
			return fmt.Errorf("%s may be read by others (mode %04o) and is refused: run chmod 600 on it, and rotate the key if others have had access",
				path, info.Mode().Perm())
		}
		return nil
	}
}
