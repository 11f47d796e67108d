#include "float_mode.h"

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#elif defined(_MSC_VER) && defined(_M_ARM64)
#include <intrin.h>
#endif

namespace myelin {
namespace {

enum class Setting { kFlush, kKeep, kUnknown };

Setting setting() {
  const char* const text = std::getenv("MYELIN_SUBNORMALS");
  if (text == nullptr || *text == 0 || std::strcmp(text, "flush") == 0) return Setting::kFlush;
  return std::strcmp(text, "keep") == 0 ? Setting::kKeep : Setting::kUnknown;
}

#if defined(__x86_64__) || defined(_M_X64)
constexpr uint64_t kDefault = 0x1f80, kFlushing = 0x8040;  // all exceptions masked; FTZ and DAZ
uint64_t read() { return _mm_getcsr(); }
void write(uint64_t state) { _mm_setcsr(static_cast<unsigned>(state)); }
#elif defined(__aarch64__)
constexpr uint64_t kDefault = 0, kFlushing = uint64_t{1} << 24;  // FZ
uint64_t read() {
  uint64_t state;
  asm volatile("mrs %0, fpcr" : "=r"(state));
  return state;
}
void write(uint64_t state) { asm volatile("msr fpcr, %0" : : "r"(state) : "memory"); }
#elif defined(_MSC_VER) && defined(_M_ARM64)
constexpr uint64_t kDefault = 0, kFlushing = uint64_t{1} << 24;
uint64_t read() { return _ReadStatusReg(ARM64_FPCR); }
void write(uint64_t state) { _WriteStatusReg(ARM64_FPCR, static_cast<__int64>(state)); }
#else
constexpr uint64_t kDefault = 0, kFlushing = 0;
uint64_t read() { return 0; }
void write(uint64_t) {}
#endif

uint64_t of_ops() {
  static const uint64_t state = kDefault | (flushes_subnormals() ? kFlushing : 0);
  return state;
}

}  // namespace

bool flushes_subnormals() {
  static const bool flush = kFlushing != 0 && setting() != Setting::kKeep;
  return flush;
}

const char* subnormals_error() {
  return setting() == Setting::kUnknown ? "MYELIN_SUBNORMALS is unknown; it must be flush or keep" : nullptr;
}

FloatMode::FloatMode() : before_(read()) { write(of_ops()); }
FloatMode::~FloatMode() { write(before_); }

}  // namespace myelin
