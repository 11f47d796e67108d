#include "storage.h"

#include <cstdlib>
#include <mutex>

#include "processors.h"
#include "system_memory.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes)
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes)
#endif

namespace myelin {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHuge = size_t{2} << 20;
constexpr size_t kSlab = size_t{256} << 10;
constexpr size_t kLargestSmall = size_t{16} << 10;
constexpr int kClasses = 8 * 64;

// Address space that tensors leave alone where it is limited (ulimit -v), an eighth of it: V8 ends the process if its own
// heap cannot grow, so what is refused to a tensor must not be the last there is. It is taken at the start, and given up
// when something is refused; from then on tensors have to wait until it can be had again. What V8 needs before then must
// be there beside it.
class Reserve {
 public:
  Reserve() { take(); }

  // Whether it is there; if not, tries to get it back.
  bool take() {
    if (bytes == 0 || at_ != nullptr) return true;
    at_ = reserve_addresses(bytes);
    return at_ != nullptr;
  }

  void give_up() {
    if (at_ != nullptr) give_up_addresses(at_, bytes);
    at_ = nullptr;
  }

  // Whether V8 could grow by some pages now.
  bool leaves_room() const {
    if (bytes == 0) return true;
    const size_t room = bytes < kRoom ? bytes : kRoom;
    void* const at = reserve_addresses(room);
    if (at != nullptr) give_up_addresses(at, room);
    return at != nullptr;
  }

  const size_t bytes = address_limit() / 8;

 private:
  static constexpr size_t kRoom = size_t{32} << 20;
  void* at_ = nullptr;
};

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

// A piece of memory that small blocks are cut from, at a multiple of its size, so that a block's address tells its slab.
struct alignas(64) Slab {
  int64_t live;  // blocks in use
  bool listed;   // among those that are to be given back
  Slab* next;
};

Slab* slab_of(const Storage* s) {
  return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(s->data) / kSlab * kSlab);
}

struct Pool {
  std::mutex mutex;
  Reserve reserve;
  Storage* free[kClasses] = {};
  Storage* headers = nullptr;  // Storage structs without memory
  Slab* slab = nullptr;        // the one that blocks are cut from now
  size_t slab_used = kSlab;
  size_t large_blocks = 0;     // given out ever
  int64_t used = 0, peak = 0, pooled = 0, limit = 0, keep = 0;

  Pool() {
    limit = requested_memory();
    if (limit == 0) limit = available_memory() / 10 * 8;
    keep = limit / 8;
    if (const auto most = static_cast<int64_t>(reserve.bytes); most > 0 && most < keep) keep = most;
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

  void keep_header(Storage* s) {
    s->next = headers;
    headers = s;
  }

  void* from_system(size_t bytes, size_t alignment) {
    if (!reserve.take()) return nullptr;
    void* const p = system_allocate(bytes, alignment);
    if (p == nullptr || reserve.leaves_room()) return p;
    system_free(p, bytes);
    return nullptr;
  }

  // Large blocks begin at different places of a page: where arrays that are walked together lie a multiple of 4096 bytes
  // apart, processors take a load from one for a load of what was just stored into another, and wait.
  void* large(size_t bytes) {
    void* const p = from_system(bytes + kPage, bytes >= kHuge ? kHuge : kPage);
    if (p == nullptr) return nullptr;
    const size_t place = large_blocks++ * 7 % 16 * (kPage / 16);
    return static_cast<char*>(p) + place;
  }

  void free_large(Storage* s) {
    ASAN_UNPOISON_MEMORY_REGION(s->data, s->bytes);
    const auto at = reinterpret_cast<uintptr_t>(s->data);
    system_free(reinterpret_cast<void*>(at / kPage * kPage), s->bytes + kPage);
  }

  void* memory(size_t bytes) {
    if (bytes > kLargestSmall) return large(bytes);
    if (slab_used + bytes > kSlab) {
      auto* fresh = static_cast<Slab*>(from_system(kSlab, kSlab));
      if (fresh == nullptr) return nullptr;
      *fresh = {0, false, nullptr};
      slab = fresh;
      slab_used = sizeof(Slab);
    }
    void* p = reinterpret_cast<char*>(slab) + slab_used;
    slab_used += bytes;
    return p;
  }

  // Gives what is free back to the operating system: large blocks, and slabs of which nothing is in use.
  void trim() {
    Slab* empty = nullptr;
    for (int c = 0; c < kClasses; c++) {
      Storage** at = &free[c];
      while (Storage* s = *at) {
        const bool small = s->bytes <= kLargestSmall;
        if (small && slab_of(s)->live > 0) {
          at = &s->next;
          continue;
        }
        *at = s->next;
        pooled -= static_cast<int64_t>(s->bytes);
        if (!small) {
          free_large(s);
        } else if (Slab* const own = slab_of(s); !own->listed) {
          own->listed = true;
          own->next = empty;
          empty = own;
        }
        keep_header(s);
      }
    }
    while (empty != nullptr) {
      Slab* const next = empty->next;
      if (empty == slab) slab_used = kSlab;
      ASAN_UNPOISON_MEMORY_REGION(empty, kSlab);
      system_free(empty, kSlab);
      empty = next;
    }
  }

  Storage* allocate(size_t wanted) {
    const int c = class_of(wanted);
    const size_t bytes = class_bytes(c);
    std::lock_guard<std::mutex> lock(mutex);
    if (used + static_cast<int64_t>(bytes) > limit) return nullptr;
    Storage* s = free[c];
    if (s != nullptr) {
      free[c] = s->next;
      pooled -= static_cast<int64_t>(bytes);
    } else {
      if (used + pooled + static_cast<int64_t>(bytes) > limit) trim();
      s = header();
      if (s == nullptr) return nullptr;
      s->data = memory(bytes);
      if (s->data == nullptr) {
        trim();
        s->data = memory(bytes);
      }
      if (s->data == nullptr) {
        keep_header(s);
        reserve.give_up();
        return nullptr;
      }
      s->bytes = bytes;
      s->size_class = c;
    }
    if (bytes <= kLargestSmall) slab_of(s)->live++;
    // To the address sanitizer, what is behind the bytes that were asked for is nobody's, and a free block is.
    ASAN_POISON_MEMORY_REGION(s->data, bytes);
    ASAN_UNPOISON_MEMORY_REGION(s->data, wanted);
    s->references.store(1, std::memory_order_relaxed);
    used += static_cast<int64_t>(bytes);
    if (used > peak) peak = used;
    return s;
  }

  void release(Storage* s) {
    std::lock_guard<std::mutex> lock(mutex);
    const bool small = s->bytes <= kLargestSmall;
    used -= static_cast<int64_t>(s->bytes);
    ASAN_POISON_MEMORY_REGION(s->data, s->bytes);
    if (small) slab_of(s)->live--;
    if (!small && pooled + static_cast<int64_t>(s->bytes) > keep) {
      free_large(s);
      keep_header(s);
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

void Storage::release() {
  if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) pool().release(this);
}

Storage* allocate_storage(int64_t bytes) {
  if (bytes < 0 || bytes > (int64_t{1} << 46)) return nullptr;
  return pool().allocate(static_cast<size_t>(bytes));
}

void give_back_memory() {
  Pool& p = pool();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.trim();
}

void give_up_reserve() {
  Pool& p = pool();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.reserve.give_up();
}

MemoryInfo memory_info() {
  Pool& p = pool();
  std::lock_guard<std::mutex> lock(p.mutex);
  return {p.used, p.peak, p.pooled, p.limit};
}

}  // namespace myelin
