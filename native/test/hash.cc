// Prints `isa kernel hash` for every kernel on every instruction set of this machine, a hash of its outputs
// on seeded inputs. The hashes of all instruction sets with FMA are equal: those of this machine are
// compared here, those of other machines by comparing the lines. With the argument `compare` prints only
// what differs.
#include "hash.h"

#include <cstdio>

#include "../dispatch/dispatch.h"
#include "drive_elementwise.h"
#if __has_include("drive_gemm.h")
#include "drive_gemm.h"
#endif
#include "drive_peak.h"
#if __has_include("drive_reduce.h")
#include "drive_reduce.h"
#endif
#if __has_include("drive_random.h")
#include "drive_random.h"
#endif

namespace myelin::test {

inline uint64_t drive(...) { return 0; }  // a family without a driver

namespace {

struct Line {
  const char* kernel;
  uint64_t hash;
};
std::vector<Line> drive_all(const KernelTable& table) {
  return {
#define KERNEL(name, signature) {#name, drive(table.name)},
#include "../kernels/kernels.def"
#undef KERNEL
  };
}

int main_(bool quiet) {
  int failures = 0;
  const char* first = nullptr;
  std::vector<Line> expected;
  for (int i = 0; i < kIsas; i++) {
    const Isa isa = static_cast<Isa>(i);
    if (!isa_supported(isa)) continue;
    const std::vector<Line> lines = drive_all(kernels(isa));
    for (const Line& l : lines) {
      if (!quiet)
        std::printf("%s %s %016llx\n", isa_name(isa), l.kernel, static_cast<unsigned long long>(l.hash));
      if (l.hash == 0 && failures++ >= 0) std::fprintf(stderr, "%s has no driver\n", l.kernel);
    }
    if (isa == Isa::kBaseline) continue;
    for (size_t k = 0; k < expected.size(); k++) {
      if (lines[k].hash == expected[k].hash) continue;
      std::fprintf(stderr, "%s differs between %s and %s\n", lines[k].kernel, first, isa_name(isa));
      failures++;
    }
    if (expected.empty()) {
      expected = lines;
      first = isa_name(isa);
    }
  }
  return failures;
}

}  // namespace
}  // namespace myelin::test

int main(int argc, char** argv) {
  const bool quiet = argc > 1 && std::strcmp(argv[1], "compare") == 0;
  return myelin::test::main_(quiet) == 0 ? 0 : 1;
}
