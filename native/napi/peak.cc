#include "peak.h"

#include <chrono>

#include "../dispatch/dispatch.h"
#include "../runtime/storage.h"
#include "../runtime/thread_pool.h"

namespace myelin {
namespace {

// The best of several timings of f, in seconds; of one only, where it takes long.
template <class F>
double fastest(int repetitions, F&& f) {
  double best = 1e30;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repetitions && std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(500); i++) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds < best) best = seconds;
  }
  return best;
}

double flops_a_second() {
  constexpr int64_t kRounds = 2000000;
  ThreadPool& pool = ThreadPool::instance();
  const int64_t threads = pool.threads();
  int64_t multiply_adds = 0;
  const double seconds = fastest(9, [&] {
    pool.run(threads, pool.threads(), [&](int64_t thread) {
      alignas(64) float x[kFmaPeakFloats] = {};
      const int64_t done = kernels().fma_peak(x, kRounds);
      if (thread == 0) multiply_adds = done;
    });
  });
  return 2.0 * static_cast<double>(multiply_adds) * static_cast<double>(threads) / seconds;
}

// y = x + 1 over arrays of `floats` a thread, bytes read and written; 0 if there is no memory for it.
double bytes_a_second(int64_t floats, int64_t passes) {
  ThreadPool& pool = ThreadPool::instance();
  const int64_t threads = pool.threads();
  const int64_t bytes = 2 * floats * threads * static_cast<int64_t>(sizeof(float));
  Storage* const storage = allocate_storage(bytes);
  if (storage == nullptr) return 0;
  auto* const arrays = static_cast<float*>(storage->data);
  const float one = 1;
  const auto add = [&](int64_t thread) {
    float* const x = arrays + 2 * floats * thread;
    for (int64_t i = 0; i < passes; i++) kernels().add(x, 1, &one, 0, x + floats, floats, nullptr);
  };
  pool.run(threads, pool.threads(), [&](int64_t thread) {
    float* const x = arrays + 2 * floats * thread;
    for (int64_t i = 0; i < 2 * floats; i++) x[i] = 1;
  });
  const double seconds = fastest(7, [&] { pool.run(threads, pool.threads(), add); });
  storage->release();
  return static_cast<double>(bytes) * static_cast<double>(passes) / seconds;
}

}  // namespace

Napi::Value machine_peak(const Napi::CallbackInfo& info) {
  constexpr int64_t kCacheFloats = 32 * 1024, kMemoryFloats = 16 * 1024 * 1024;
  auto object = Napi::Object::New(info.Env());
  object["flops"] = flops_a_second();
  object["cacheBytes"] = bytes_a_second(kCacheFloats, 200);
  object["memoryBytes"] = bytes_a_second(kMemoryFloats, 1);
  return object;
}

}  // namespace myelin
