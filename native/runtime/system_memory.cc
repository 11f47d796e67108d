#include "system_memory.h"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#elif defined(_WIN32)
#include <malloc.h>
#else
#include <cstdlib>
#endif

namespace myelin {

#if defined(__linux__)

namespace {

constexpr size_t kHuge = size_t{2} << 20;

size_t page() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

size_t whole_pages(size_t bytes) { return (bytes + page() - 1) / page() * page(); }

void* map(size_t bytes, int protection, int flags) {
  void* const at = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

void* system_allocate(size_t wanted, size_t alignment) {
  const size_t bytes = whole_pages(wanted), spare = alignment > page() ? alignment : 0;
  auto* const from = static_cast<char*>(map(bytes + spare, PROT_READ | PROT_WRITE, 0));
  if (from == nullptr) return nullptr;
  const size_t before = spare == 0 ? 0 : (alignment - reinterpret_cast<uintptr_t>(from) % alignment) % alignment;
  if (before > 0) munmap(from, before);
  if (spare > before) munmap(from + before + bytes, spare - before);
  if (alignment >= kHuge) madvise(from + before, bytes / kHuge * kHuge, MADV_HUGEPAGE);
  return from + before;
}

void system_free(void* at, size_t bytes) { munmap(at, whole_pages(bytes)); }

void* reserve_addresses(size_t bytes) { return map(bytes, PROT_NONE, MAP_NORESERVE); }
void give_up_addresses(void* at, size_t bytes) { munmap(at, bytes); }

size_t address_limit() {
  rlimit limit;
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : 0;
}

#else

void* system_allocate(size_t bytes, size_t alignment) {
#if defined(_WIN32)
  return _aligned_malloc(bytes, alignment);
#else
  void* p = nullptr;
  return posix_memalign(&p, alignment, bytes) == 0 ? p : nullptr;
#endif
}

void system_free(void* at, size_t) {
#if defined(_WIN32)
  _aligned_free(at);
#else
  std::free(at);
#endif
}

void* reserve_addresses(size_t) { return nullptr; }
void give_up_addresses(void*, size_t) {}
size_t address_limit() { return 0; }

#endif

}  // namespace myelin
