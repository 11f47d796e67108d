// How the processor rounds and what it does with subnormals, a state of each thread. A product of subnormals takes some
// processors more than a hundred times as long, and networks whose gradients vanish are full of them.
#pragma once

#include <cstdint>

namespace myelin {

// Whether arithmetic takes subnormals for zeros: unless MYELIN_SUBNORMALS=keep.
bool flushes_subnormals();

// An unusable MYELIN_SUBNORMALS in words, or nullptr. Checked when the addon is loaded.
const char* subnormals_error();

// While it is there, this thread computes as every op does: it rounds to nearest even, has no traps, and flushes
// subnormals, in operands and results, unless they are to be kept. JavaScript must not run meanwhile: its numbers are
// doubles with subnormals. A thread of the pool has one for all its life.
class FloatMode {
 public:
  FloatMode();
  ~FloatMode();
  FloatMode(const FloatMode&) = delete;
  FloatMode& operator=(const FloatMode&) = delete;

 private:
  const uint64_t before_;
};

}  // namespace myelin
