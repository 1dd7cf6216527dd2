package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// serviceBlock is the block of the provider's configuration that declares a service. It has
// more attributes than all others together, so it has a page of its own.
const serviceBlock = "service"

//go:embed service_block.md.tmpl
var servicePage string

// section is a block on the page.
type section struct {
	Name, Description string
	Rows              []row
}

// row is an attribute of a block.
type row struct{ Name, Type, Description string }

// renderServiceBlock returns the page about the service block.
func renderServiceBlock(s *tfprotov6.Schema) ([]byte, error) {
	i := slices.IndexFunc(s.Block.BlockTypes, func(n *tfprotov6.SchemaNestedBlock) bool { return n.TypeName == serviceBlock })
	if i < 0 {
		return nil, errors.New("the provider has no service block")
	}
	page, err := template.New("").Parse(servicePage)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, sections(serviceBlock, s.Block.BlockTypes[i].Block))
	return out.Bytes(), err
}

// sections lists a block and the blocks in it.
func sections(name string, b *tfprotov6.SchemaBlock) []section {
	one := section{Name: name, Description: b.Description}
	for _, a := range b.Attributes {
		r := row{a.Name, typeText(a.Type), a.Description}
		if a.Required {
			r.Type += ", required"
		}
		one.Rows = append(one.Rows, r)
	}
	slices.SortFunc(one.Rows, func(a, b row) int { return strings.Compare(a.Name, b.Name) })
	all := append(make([]section, 0, 1+len(b.BlockTypes)), one)
	for _, n := range b.BlockTypes {
		all = append(all, sections(strings.TrimPrefix(name+".", serviceBlock+".")+n.TypeName, n.Block)...)
	}
	return all
}

// typeText is a type as Terraform's language writes it.
func typeText(t tftypes.Type) string {
	switch t := t.(type) {
	case tftypes.List:
		return fmt.Sprintf("list(%s)", typeText(t.ElementType))
	case tftypes.Map:
		return fmt.Sprintf("map(%s)", typeText(t.ElementType))
	}
	switch {
	case t.Is(tftypes.Bool):
		return "bool"
	case t.Is(tftypes.Number):
		return "number"
	default:
		return "string"
	}
}

// withoutNested is a provider's schema without the blocks below the service block, for the
// provider's own page.
func withoutNested(s *tfprotov6.Schema) *tfprotov6.Schema {
	short, block := *s, *s.Block
	short.Block, block.BlockTypes = &block, slices.Clone(block.BlockTypes)
	for i, n := range block.BlockTypes {
		if n.TypeName != serviceBlock {
			continue
		}
		nested, inner := *n, *n.Block
		inner.BlockTypes = nil
		nested.Block, block.BlockTypes[i] = &inner, &nested
	}
	return &short
}
