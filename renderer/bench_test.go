package main
import ("testing";"fmt";"strings")
func BenchmarkBig(b *testing.B) { var s strings.Builder; for i := range 15000 { fmt.Fprintf(&s, "k%d: {a: [1,2,3], b: \"text\"}\n", i) }; t := s.String(); b.ResetTimer(); for range b.N { parseDocuments(t,"",Limits{}) } }
