#include "storage.h"

#include <cstdlib>
#include <mutex>

#if defined(_WIN32)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "processors.h"

namespace myelin {
namespace {

constexpr size_t kAlign = 64;
constexpr size_t kHuge = size_t{2} << 20;
constexpr size_t kSlab = size_t{256} << 10;    // small blocks are cut from slabs, which are kept
constexpr size_t kLargestSmall = size_t{8} << 10;
constexpr int kClasses = 8 * 64;

// Multiples of 64 up to 512, then eight classes to each power of two.
int class_of(size_t bytes) {
  if (bytes <= 512) return bytes == 0 ? 0 : static_cast<int>((bytes - 1) / 64);
  int power = 63 - __builtin_clzll(static_cast<unsigned long long>(bytes - 1));  // 2^power < bytes <= 2^(power + 1)
  const size_t step = (size_t{1} << power) / 8;
  return (power - 8) * 8 + static_cast<int>((bytes - 1 - (size_t{1} << power)) / step);
}

size_t class_bytes(int size_class) {
  if (size_class < 8) return static_cast<size_t>(size_class + 1) * 64;
  const size_t base = size_t{1} << (size_class / 8 + 8);
  return base + static_cast<size_t>(size_class % 8 + 1) * (base / 8);
}

struct Pool {
  std::mutex mutex;
  Storage* free[kClasses] = {};
  Storage* headers = nullptr;  // Storage structs without memory
  char* slab = nullptr;
  size_t slab_left = 0;
  int64_t used = 0, peak = 0, pooled = 0, limit = 0, keep = 0;

  Pool() {
    limit = requested_memory();
    if (limit == 0) limit = available_memory() / 10 * 8;
    keep = limit / 8;
  }

  Storage* header() {
    if (headers == nullptr) {
      constexpr int kBatch = 256;
      auto* batch = static_cast<Storage*>(std::calloc(kBatch, sizeof(Storage)));
      if (batch == nullptr) return nullptr;
      for (int i = 0; i < kBatch; i++) {
        batch[i].next = headers;
        headers = &batch[i];
      }
    }
    Storage* s = headers;
    headers = s->next;
    return s;
  }

  void* memory(size_t bytes) {
    if (bytes > kLargestSmall) return aligned_malloc(bytes);
    if (slab_left < bytes) {
      slab = static_cast<char*>(aligned_malloc(kSlab));
      slab_left = slab == nullptr ? 0 : kSlab;
      if (slab == nullptr) return nullptr;
    }
    void* p = slab;
    slab += bytes;
    slab_left -= bytes;
    return p;
  }

  // Gives free large blocks back to the operating system.
  void trim() {
    for (int c = class_of(kLargestSmall) + 1; c < kClasses; c++) {
      while (Storage* s = free[c]) {
        free[c] = s->next;
        pooled -= static_cast<int64_t>(s->bytes);
        aligned_free(s->data);
        s->next = headers;
        headers = s;
      }
    }
  }

  Storage* allocate(size_t wanted) {
    const int c = class_of(wanted);
    const size_t bytes = class_bytes(c);
    std::lock_guard<std::mutex> lock(mutex);
    Storage* s = free[c];
    if (used + static_cast<int64_t>(bytes) > limit) return nullptr;
    if (s != nullptr) {
      free[c] = s->next;
      pooled -= static_cast<int64_t>(bytes);
    } else {
      if (used + pooled + static_cast<int64_t>(bytes) > limit) trim();
      s = header();
      if (s == nullptr) return nullptr;
      s->data = memory(bytes);
      if (s->data == nullptr) {
        s->next = headers;
        headers = s;
        return nullptr;
      }
      s->bytes = bytes;
      s->size_class = c;
    }
    s->references.store(1, std::memory_order_relaxed);
    used += static_cast<int64_t>(bytes);
    if (used > peak) peak = used;
    return s;
  }

  void release(Storage* s) {
    std::lock_guard<std::mutex> lock(mutex);
    used -= static_cast<int64_t>(s->bytes);
    if (s->bytes > kLargestSmall && pooled + static_cast<int64_t>(s->bytes) > keep) {
      aligned_free(s->data);
      s->next = headers;
      headers = s;
      return;
    }
    s->next = free[s->size_class];
    free[s->size_class] = s;
    pooled += static_cast<int64_t>(s->bytes);
  }
};

Pool& pool() {
  static Pool* instance = new Pool();  // outlives every environment and job
  return *instance;
}

}  // namespace

void* aligned_malloc(size_t bytes) {
#if defined(_WIN32)
  return _aligned_malloc(bytes, kAlign);
#else
  void* p = nullptr;
  if (posix_memalign(&p, bytes >= kHuge ? kHuge : kAlign, bytes) != 0) return nullptr;
#if defined(__linux__)
  if (bytes >= kHuge) madvise(p, bytes / kHuge * kHuge, MADV_HUGEPAGE);
#endif
  return p;
#endif
}

void aligned_free(void* data) {
#if defined(_WIN32)
  _aligned_free(data);
#else
  std::free(data);
#endif
}

void Storage::release() {
  if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) pool().release(this);
}

Storage* allocate_storage(int64_t bytes) {
  if (bytes < 0 || bytes > (int64_t{1} << 46)) return nullptr;
  return pool().allocate(static_cast<size_t>(bytes));
}

MemoryInfo memory_info() {
  Pool& p = pool();
  std::lock_guard<std::mutex> lock(p.mutex);
  return {p.used, p.peak, p.pooled, p.limit};
}

}  // namespace myelin
