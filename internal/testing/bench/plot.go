package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The measures of the figure, in pixels.
const (
	panelWidth  = 400
	panelHeight = 300
	margin      = 60
	labels      = 110 // to the right of a panel
)

// inks are told apart by people who see no red or no green as well (Okabe and
// Ito, "Color Universal Design").
var inks = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#767676"}

// line is one subject in a panel.
type line struct {
	title string
	x, y  []float64
}

// plot draws what plans cost against the number of keys, as an SVG: requests and
// CPU time, both axes logarithmic, so that a cost that grows with the number is
// a straight line.
func plot(curves []curve) string {
	asked, used := make([]line, 0, len(curves)), make([]line, 0, len(curves))
	for _, c := range curves {
		x := make([]float64, len(c.sizes))
		cpus, counts := make([]float64, len(c.sizes)), make([]float64, len(c.sizes))
		for i, n := range c.sizes {
			x[i] = float64(n)
			cpus[i] = spreadOf(c.usages[i], cpu).median.Seconds()
			counts[i] = float64(spreadOf(c.usages[i], requests).high)
		}
		used = append(used, line{c.title, x, cpus})
		if c.service != "" {
			asked = append(asked, line{c.title, x, counts})
		}
	}
	width, height := 2*(panelWidth+margin+labels), panelHeight+2*margin
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	b.WriteString("<title>Cost of a plan against the number of keys</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n")
	panel(&b, margin, "Requests of a plan", asked)
	panel(&b, margin+panelWidth+margin+labels, "CPU of a plan, Terraform included, in seconds", used)
	b.WriteString("</svg>\n")
	return b.String()
}

// panel draws lines over axes whose left end is at x.
func panel(b *strings.Builder, left float64, title string, lines []line) {
	var xs, ys []float64
	for _, l := range lines {
		xs, ys = append(xs, l.x...), append(ys, l.y...)
	}
	if len(xs) == 0 {
		return
	}
	across, up := axis(xs), axis(ys)
	px := func(v float64) float64 { return left + across.at(v)*panelWidth }
	py := func(v float64) float64 { return margin + (1-up.at(v))*panelHeight }
	_, _ = fmt.Fprintf(b, `<text x="%.1f" y="%d" font-weight="bold">%s</text>`+"\n", left, margin-20, title)
	for _, v := range across.marks() {
		_, _ = fmt.Fprintf(b, `<path d="M%.1f %d v%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", px(v), margin, panelHeight, px(v), margin+panelHeight+18, v)
	}
	for _, v := range up.marks() {
		_, _ = fmt.Fprintf(b, `<path d="M%.1f %.1f h%d" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%g</text>`+"\n", left, py(v), panelWidth, left-6, py(v)+4, v)
	}
	_, _ = fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">keys</text>`+"\n", left+panelWidth/2, margin+panelHeight+38)
	for i, at := range legend(lines, py) {
		l, ink := lines[i], inks[i%len(inks)]
		points := make([]string, len(l.x))
		for j := range l.x {
			points[j] = fmt.Sprintf("%.1f,%.1f", px(l.x[j]), py(l.y[j]))
			_, _ = fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px(l.x[j]), py(l.y[j]), ink)
		}
		_, _ = fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), ink)
		_, _ = fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", px(l.x[len(l.x)-1])+8, at, ink, l.title)
	}
}

// legend is the height of each line's name: beside its end, but not over another.
func legend(lines []line, py func(float64) float64) []float64 {
	order := make([]int, len(lines))
	heights := make([]float64, len(lines))
	for i, l := range lines {
		order[i], heights[i] = i, py(l.y[len(l.y)-1])+4
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(heights[a], heights[b]) })
	for i := 1; i < len(order); i++ {
		heights[order[i]] = max(heights[order[i]], heights[order[i-1]]+14)
	}
	return heights
}

// span is a logarithmic axis from one power of ten to another.
type span struct{ low, high float64 }

// axis spans positive numbers; others count as the lowest mark.
func axis(of []float64) span {
	s := span{math.Inf(1), math.Inf(-1)}
	for _, v := range of {
		if v > 0 {
			s.low, s.high = min(s.low, math.Floor(math.Log10(v))), max(s.high, math.Ceil(math.Log10(v)))
		}
	}
	if s.low > s.high {
		return span{0, 1}
	}
	if s.low == s.high {
		s.high++
	}
	return s
}

// at is where a number stands, from 0 to 1.
func (s span) at(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return (math.Log10(v) - s.low) / (s.high - s.low)
}

// marks are the powers of ten.
func (s span) marks() []float64 {
	var all []float64
	for e := s.low; e <= s.high; e++ {
		all = append(all, math.Pow(10, e))
	}
	return all
}
