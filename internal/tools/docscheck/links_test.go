package docscheck

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"
)

// registry is where the registry shows the newest release. Its pages have no
// suffix, and relative links between them depend on how the page was reached, so
// pages under docs/ link to each other by this address.
const registry = "https://registry.terraform.io/providers/terraform-apikeys/apikeys/latest"

// repository are the addresses of this repository's files on GitHub: pages, folders, and
// files as they are, for pictures.
var repository = []string{
	"https://github.com/terraform-apikeys/terraform-provider-apikeys/blob/main/",
	"https://github.com/terraform-apikeys/terraform-provider-apikeys/tree/main/",
	"https://raw.githubusercontent.com/terraform-apikeys/terraform-provider-apikeys/main/",
}

// inRepository is the path of the file of this repository that an address names.
func inRepository(address string) (path string, ok bool) {
	for _, prefix := range repository {
		if path, ok = strings.CutPrefix(address, prefix); ok {
			return path, true
		}
	}
	return "", false
}

// Links finds links that lead nowhere. Addresses elsewhere are checked for their
// form only: nothing is fetched.
func Links(root fs.FS, pages []Page) []Finding {
	byPath := map[string]Page{}
	for _, p := range pages {
		byPath[p.Path] = p
	}
	var found []Finding
	for _, p := range pages {
		for _, l := range p.Links {
			if why := p.resolve(root, byPath, l.Text); why != "" {
				found = append(found, Finding{p.Path, l.Line, fmt.Sprintf("link %s: %s", l.Text, why)})
			}
		}
	}
	return found
}

// resolve says what is wrong with a link; "" if nothing is.
func (p Page) resolve(root fs.FS, pages map[string]Page, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "not an address"
	}
	base, anchor, _ := strings.Cut(target, "#")
	to, onGitHub := inRepository(base)
	switch rest, ours := strings.CutPrefix(base, registry); {
	case onGitHub:
	case base == "":
		to = p.Path
	case ours && (rest == "" || rest == "/" || rest == "/docs"):
		to = "docs/index.md"
	case ours && strings.HasPrefix(rest, "/docs/"):
		to = strings.TrimPrefix(rest, "/") + ".md"
	case ours:
		return "the registry has no such page"
	case u.Scheme == "https" && strings.Contains(u.Host, "."):
		return ""
	case u.IsAbs():
		return "neither https nor complete"
	case strings.HasPrefix(p.Path, "docs/"):
		return "pages of the registry link to each other by their full address"
	case strings.HasPrefix(base, "/"):
		return "an absolute path means something else on each site"
	default:
		to = path.Join(path.Dir(p.Path), base)
	}
	if page, ok := pages[to]; ok {
		if anchor != "" && !page.anchors[anchor] {
			return "the page has no heading of that name"
		}
		return ""
	}
	if _, err := fs.Stat(root, to); err != nil {
		return "there is no " + to
	}
	if anchor != "" {
		return "only pages that are checked have anchors"
	}
	return ""
}
