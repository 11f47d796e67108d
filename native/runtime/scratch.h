// Working memory of one thread: a stack of 64-byte aligned buffers that is reused and never shrinks, so that a kernel
// needing room for partial results does not allocate after the first call.
#pragma once

#include <cstddef>
#include <cstdint>

namespace myelin {

class Scratch {
 public:
  explicit Scratch(size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <class T>
  T* as() const { return static_cast<T*>(data_); }
  float* f32() const { return as<float>(); }

 private:
  void* data_;
};

}  // namespace myelin
