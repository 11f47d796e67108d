// Prints `isa kernel hash` for every kernel on every instruction set of this machine, a hash of its outputs
// on seeded inputs. The hashes of all instruction sets with FMA are equal: those of this machine are
// compared here, those of other machines by comparing the lines. With the argument `compare` prints only
// what differs. MYELIN_SUBNORMALS counts; where subnormals are flushed, only kernels that hand values on may give one. (In
// the baseline the compiler leaves out products with 1.)
#include "hash.h"

#include <cstdio>

#include "../dispatch/dispatch.h"
#include "../runtime/float_mode.h"
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
  bool subnormals;  // among the results
};

// Whether a kernel gives some of what it is given as it is: it chooses, or reduces over nothing but one element.
bool hands_on(const char* kernel) {
  for (const char* name : {"neg", "abs", "select", "elu", "eluGrad", "celu", "celuGrad", "reluGrad", "relu6Grad",
                           "leakyReluGrad", "preluSlope", "reduce_max", "reduce_min", "reduce_prod", "reduce_sum"})
    if (std::strcmp(kernel, name) == 0) return true;
  return false;
}

template <class Kernel>
Line drive_one(const char* name, Kernel kernel) {
  saw_subnormals = false;
  const uint64_t hash = drive(kernel);
  return {name, hash, saw_subnormals};
}

std::vector<Line> drive_all(const KernelTable& table) {
  return {
#define KERNEL(name, signature) drive_one(#name, table.name),
#include "../kernels/kernels.def"
#undef KERNEL
  };
}

int main_(bool quiet) {
  const FloatMode mode;
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
      if (l.subnormals && flushes_subnormals() && isa != Isa::kBaseline && !hands_on(l.kernel) && failures++ >= 0)
        std::fprintf(stderr, "%s gives subnormals on %s\n", l.kernel, isa_name(isa));
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
