// Memory straight from the operating system where that can be had in pages: what is freed goes back at once, whatever lies
// beside it, and no address space is lost to alignment.
#pragma once

#include <cstddef>

namespace myelin {

// Aligned to `alignment`, a power of two from 4096 bytes on; in huge pages where it is theirs. nullptr if there is none.
void* system_allocate(size_t bytes, size_t alignment);
void system_free(void* at, size_t bytes);  // as many as were allocated

// Address space taken so that nobody else gets it; nullptr if there is none.
void* reserve_addresses(size_t bytes);
void give_up_addresses(void* at, size_t bytes);
// How much of it a process may have, 0 where there is no limit.
size_t address_limit();

}  // namespace myelin
