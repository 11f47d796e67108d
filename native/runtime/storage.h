// Native memory of tensors: reference-counted, 64-byte aligned, pooled by size class, counted against one limit.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace myelin {

struct Storage {
  void* data;
  size_t bytes;  // of the size class: a multiple of 64 up to 512, then at most 12.5% above what was asked
  std::atomic<int32_t> references;
  int32_t size_class;
  Storage* next;  // in the pool's list while free

  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  void release();
  // Whether others hold it, too: handles or jobs. Of no holder's thread but one that alone can add some.
  bool shared() const { return references.load(std::memory_order_acquire) > 1; }
};

// nullptr above the memory limit, or when the operating system has no more, though all that was kept for reuse has been
// given back. Contents are undefined.
Storage* allocate_storage(int64_t bytes);

// Gives the operating system all memory that is free and kept for reuse.
void give_back_memory();

// Makes room for what is not a tensor, and must be: address space that tensors leave alone, until there is more again.
void give_up_reserve();

struct MemoryInfo {
  int64_t bytes;       // held by live storages
  int64_t peak_bytes;
  int64_t pooled_bytes;  // free, kept for reuse
  int64_t limit;
};
MemoryInfo memory_info();

}  // namespace myelin
