// Shared by the tests of ops: arrays, a call of an op as a plan makes it, and a loop over instruction sets.
#pragma once

#include <cstdio>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "../dispatch/dispatch.h"
#include "../ops/op.h"
#include "working_memory.h"

namespace myelin::test {

inline int failures = 0;

#define EXPECT(condition)                                         \
  do {                                                            \
    if (!(condition)) {                                           \
      std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ::myelin::test::failures++;                                 \
    }                                                             \
  } while (false)

template <class T>
constexpr DType dtype_of() {
  return sizeof(T) == 1 ? DType::kUint8 : static_cast<T>(0.5) == 0 ? DType::kInt32 : DType::kFloat32;
}

template <class T>
struct Array {
  std::vector<int64_t> dims;
  std::vector<T> data;

  explicit Array(std::vector<int64_t> shape, T value = T()) : dims(std::move(shape)) {
    int64_t n = 1;
    for (const int64_t d : dims) n *= d;
    data.assign(static_cast<size_t>(n), value);
  }
  Array(std::vector<int64_t> shape, std::vector<T> values)
      : dims(std::move(shape)), data(std::move(values)) {}

  operator View() const {
    View v;
    v.data = const_cast<T*>(data.data());
    v.dtype = dtype_of<T>();
    v.rank = static_cast<int>(dims.size());
    for (int i = 0; i < v.rank; i++) v.dims[i] = dims[static_cast<size_t>(i)];
    return v;
  }
  bool operator==(const Array& other) const {
    if (dims != other.dims) return false;
    return data.empty() || std::memcmp(data.data(), other.data.data(), data.size() * sizeof(T)) == 0;
  }
};

// The error in words, or an empty string.
inline std::string call(const OpDef& op, Isa isa, const std::vector<View>& in, const View& out,
                        const std::vector<double>& attrs) {
  OpArgs args;
  args.in = in.data();
  args.ins = static_cast<int>(in.size());
  args.out = &out;
  args.outs = 1;
  args.attrs = attrs.data();
  args.attr_count = static_cast<int>(attrs.size());
  Context ctx(kernels(isa), ThreadPool::instance());
  return run(op, args, ctx);
}

inline std::vector<Isa> supported_isas() {
  std::vector<Isa> isas;
  for (int i = 0; i < kIsas; i++)
    if (isa_supported(static_cast<Isa>(i))) isas.push_back(static_cast<Isa>(i));
  return isas;
}

// For main: runs the test for 1 and 3 threads on every instruction set.
inline int run_everywhere(const char* name, const std::function<void(Isa)>& test) {
  for (const int threads : {1, 3}) {
    ThreadPool::instance().set_processors(threads);
    ThreadPool::instance().set_threads(threads);
    for (const Isa isa : supported_isas()) {
      const int before = failures;
      test(isa);
      std::printf("%s %s, %d threads: %s\n", name, isa_name(isa), threads,
                  failures == before ? "ok" : "FAILED");
    }
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace myelin::test
