// Errors with a code, and the reading of plain arguments. Each function that returns napi_value returns nullptr with a
// JavaScript exception pending.
#pragma once

#include <node_api.h>

#include <cstdint>

#include "../ops/op.h"

namespace myelin {

napi_value fail(napi_env env, const char* code, const char* message);
napi_value fail_memory(napi_env env, int64_t bytes);

// The message where so many bytes were refused, and by whom; takes no memory itself.
struct LackOfMemory {
  explicit LackOfMemory(int64_t bytes);
  char words[320];
};

bool read_number(napi_env env, napi_value value, double* number);

// dtype code and shape (an array of at most kMaxRank whole numbers) as a view without data. Elements of the array may be
// getters, which can do anything: what a handle or a typed array stands for is looked up after it.
bool read_shape(napi_env env, napi_value dtype, napi_value shape, View* view);

struct Bytes {
  void* data = nullptr;
  size_t bytes = 0;
  napi_typedarray_type type = napi_uint8_array;  // where Node-API has no word for it: no element is smaller
};
bool read_bytes(napi_env env, napi_value typed_array, Bytes* bytes);

}  // namespace myelin
