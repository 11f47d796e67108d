#include "dispatch.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#if defined(__x86_64__) || defined(_M_X64)
#define MYELIN_X86 1
#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
#define MYELIN_ARM64 1
#endif

namespace myelin {

namespace isa_baseline { extern const KernelTable table; }
#if defined(MYELIN_X86)
namespace isa_avx2 { extern const KernelTable table; }
namespace isa_avx512 { extern const KernelTable table; }
#endif
#if defined(MYELIN_ARM64)
namespace isa_neon { extern const KernelTable table; }
#endif

namespace {

constexpr const char* kNames[kIsas] = {"baseline", "avx2", "avx512", "neon"};

#if defined(MYELIN_X86)
struct Registers {
  uint32_t a, b, c, d;
};

Registers cpuid(uint32_t leaf) {
  Registers r = {};
#if defined(_MSC_VER)
  int v[4];
  __cpuidex(v, static_cast<int>(leaf), 0);
  r = {static_cast<uint32_t>(v[0]), static_cast<uint32_t>(v[1]), static_cast<uint32_t>(v[2]), static_cast<uint32_t>(v[3])};
#else
  __get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d);
#endif
  return r;
}

// Which register states the operating system saves on a context switch.
uint64_t xcr0() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
#endif
}

constexpr bool has(uint32_t word, int bit) { return ((word >> bit) & 1) != 0; }

bool has_avx2() {
  const Registers one = cpuid(1), seven = cpuid(7);
  const bool fma = has(one.c, 12), osxsave = has(one.c, 27), avx = has(one.c, 28), avx2 = has(seven.b, 5);
  return fma && osxsave && avx && avx2 && (xcr0() & 0x6) == 0x6;
}

bool has_avx512() {
  if (!has_avx2()) return false;
  const Registers seven = cpuid(7);
  const bool f = has(seven.b, 16), dq = has(seven.b, 17), bw = has(seven.b, 30), vl = has(seven.b, 31);
  return f && dq && bw && vl && (xcr0() & 0xe6) == 0xe6;
}
#endif

Isa best_isa() {
  for (Isa isa : {Isa::kAvx512, Isa::kAvx2, Isa::kNeon})
    if (isa_supported(isa)) return isa;
  return Isa::kBaseline;
}

Isa initial_isa() {
  const char* name = std::getenv("MYELIN_ISA");
  Isa isa;
  if (name != nullptr && isa_from_name(name, &isa) && isa_supported(isa)) return isa;
  return best_isa();
}

Isa& selected() {
  static Isa isa = initial_isa();
  return isa;
}

}  // namespace

const char* isa_name(Isa isa) { return kNames[static_cast<int>(isa)]; }

bool isa_from_name(const char* name, Isa* isa) {
  for (int i = 0; i < kIsas; i++) {
    if (std::strcmp(name, kNames[i]) == 0) {
      *isa = static_cast<Isa>(i);
      return true;
    }
  }
  return false;
}

bool isa_supported(Isa isa) {
#if defined(MYELIN_X86)
  static const bool avx2 = has_avx2(), avx512 = has_avx512();
  if (isa == Isa::kAvx2) return avx2;
  if (isa == Isa::kAvx512) return avx512;
#endif
#if defined(MYELIN_ARM64)
  if (isa == Isa::kNeon) return true;
#endif
  return isa == Isa::kBaseline;
}

Isa current_isa() { return selected(); }

bool set_isa(Isa isa) {
  if (!isa_supported(isa)) return false;
  selected() = isa;
  return true;
}

const KernelTable& kernels() { return kernels(selected()); }

const KernelTable& kernels(Isa isa) {
  switch (isa) {
#if defined(MYELIN_X86)
    case Isa::kAvx2: return isa_avx2::table;
    case Isa::kAvx512: return isa_avx512::table;
#endif
#if defined(MYELIN_ARM64)
    case Isa::kNeon: return isa_neon::table;
#endif
    default: return isa_baseline::table;
  }
}

const char* isa_error() {
  const char* name = std::getenv("MYELIN_ISA");
  Isa isa;
  if (name == nullptr || *name == 0) return nullptr;
  if (!isa_from_name(name, &isa)) return "MYELIN_ISA is unknown; it must be baseline, avx2, avx512 or neon";
  if (!isa_supported(isa)) return "MYELIN_ISA names an instruction set that this processor lacks";
  return nullptr;
}

}  // namespace myelin
