package budget

import (
	"fmt"
	"slices"
	"strings"
)

// Identity is what makes a budget the same one under another name: its calendar,
// its amount and whose spending counts.
func (b Budget) Identity() string {
	zone := "UTC"
	if b.Zone != nil {
		zone = b.Zone.String()
	}
	sorted := func(names []string) string { return strings.Join(slices.Sorted(slices.Values(names)), ",") }
	return fmt.Sprintf("%s %s %d %d [%s] [%s]", b.Span, zone, b.WeekStart, int64(b.Amount), sorted(b.Accounts), sorted(b.Keys))
}

// Former is a name that a budget had in some of its posts.
type Former struct {
	Name  string `json:"name"`
	Posts int    `json:"posts"` // the posts up to this number were made under it
}

// NameOf is the name that a budget had at its n-th post about the period.
func (t Posted) NameOf(post int, now string) string {
	for _, f := range t.Former {
		if post <= f.Posts {
			return f.Name
		}
	}
	return now
}

// Follow finds budgets that have another name in the configuration and are the
// same otherwise, names that were exchanged included. known are the memories of
// all names. It returns the memories that change for it, and which earlier name
// each budget had.
func Follow(known map[string]Memory, budgets []Budget) (changed map[string]Memory, earlier map[string]string) {
	changed, earlier = map[string]Memory{}, map[string]string{}
	stays, used := map[string]bool{}, map[string]bool{}
	for _, b := range budgets {
		m, ok := known[b.Name]
		stays[b.Name] = ok && (m.Identity == b.Identity() || m.Identity == "" && !m.From.IsZero())
	}
	for _, b := range budgets {
		if stays[b.Name] {
			continue
		}
		var same []string
		for name, m := range known {
			if m.Identity == b.Identity() && !stays[name] && !used[name] {
				same = append(same, name)
			}
		}
		if len(same) == 1 { // of several nobody knows which it was
			earlier[b.Name], used[same[0]] = same[0], true
		}
	}
	for now, was := range earlier {
		changed[now] = known[was].under(was, known[now])
		if _, ok := earlier[was]; !ok {
			changed[was] = Memory{Earlier: known[was].numbers()}
		}
	}
	return changed, earlier
}

// under returns the memory of a budget that had another name, merged with what was
// posted under the name that it takes over.
func (m Memory) under(was string, own Memory) Memory {
	if m.Posts > 0 {
		m.Former = append(slices.Clone(m.Former), Former{was, m.Posts})
	}
	m.Earlier = slices.Clone(m.Earlier)
	for i, t := range m.Earlier {
		if t.Posts > 0 {
			m.Earlier[i].Former = append(slices.Clone(t.Former), Former{was, t.Posts})
		}
	}
	for _, t := range own.numbers() { // the keys of its posts are used up
		m.Earlier = append(m.Earlier, t)
		if t.From.Equal(m.From) {
			m.Posts = max(m.Posts, t.Posts)
		}
	}
	return m
}

// numbers returns how many posts there were about each period, without their contents.
func (m Memory) numbers() []Posted {
	periods := slices.Clone(m.stash().Earlier)
	for i := range periods {
		periods[i].Mark, periods[i].Former = Mark{}, nil
	}
	return periods
}
