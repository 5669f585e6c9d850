package logmerge

// seq is a run of line hashes with numbers of their own, in which two ranges are compared in constant time. Output
// that repeats itself makes thousands of possible overlaps; comparing each line by line would be quadratic.
type seq struct {
	first int64    // number of hashes[0]
	hash  []uint64 // one for each line
	sums  []uint64 // sums[i] covers all before hashes[i], those dropped included; one longer than hash
	pow   *powers
}

// powers are base^i, computed once as far as needed.
type powers struct{ p []uint64 }

// base is odd, so that no information falls out of the 64 bits.
const base = 0x9E3779B97F4A7C15

func (p *powers) at(n int) uint64 {
	if len(p.p) == 0 {
		p.p = append(p.p, 1)
	}
	for len(p.p) <= n {
		p.p = append(p.p, p.p[len(p.p)-1]*base)
	}
	return p.p[n]
}

func newSeq(first int64, pow *powers) seq {
	return seq{first: first, sums: []uint64{0}, pow: pow}
}

// reset empties s, keeping its memory; the next line has the number first.
func (s *seq) reset(first int64) {
	s.first, s.hash, s.sums = first, s.hash[:0], append(s.sums[:0], 0)
}

// push adds a line. The sum of a range is a polynomial in base of its hashes, so that sum gets it from two prefix sums.
func (s *seq) push(h uint64) {
	s.hash = append(s.hash, h)
	s.sums = append(s.sums, s.sums[len(s.sums)-1]*base+h)
}

// drop takes the last line back.
func (s *seq) drop() { s.hash, s.sums = s.hash[:len(s.hash)-1], s.sums[:len(s.sums)-1] }

// set changes the hash of line i, and with it the sums of all lines after it.
func (s *seq) set(i int64, h uint64) {
	rest := s.hash[i-s.first:]
	rest[0] = h
	s.sums = s.sums[:len(s.sums)-len(rest)]
	for _, h := range rest {
		s.sums = append(s.sums, s.sums[len(s.sums)-1]*base+h)
	}
}

// end is the number of the last line; first-1 if there is none.
func (s *seq) end() int64 { return s.first + int64(len(s.hash)) - 1 }

func (s *seq) has(i int64) bool { return i >= s.first && i <= s.end() }

func (s *seq) at(i int64) uint64 { return s.hash[i-s.first] }

// sum is a fingerprint of the n lines from number i on, which must all be there.
func (s *seq) sum(i int64, n int) uint64 {
	lo := int(i - s.first)
	return s.sums[lo+n] - s.sums[lo]*s.pow.at(n)
}

// trim forgets the lines before number i.
func (s *seq) trim(i int64) {
	n := int(min(i, s.end()+1) - s.first)
	if n <= 0 {
		return
	}
	s.hash = s.hash[:copy(s.hash, s.hash[n:])]
	s.sums = s.sums[:copy(s.sums, s.sums[n:])]
	s.first += int64(n)
}

// same compares n lines of a from number i with n lines of b from number j.
func same(a *seq, i int64, b *seq, j int64, n int) bool {
	return a.sum(i, n) == b.sum(j, n)
}
