#include "arguments.h"

#include <cstdio>

#include "../runtime/storage.h"

namespace myelin {

napi_value fail(napi_env env, const char* code, const char* message) {
  napi_throw_error(env, code, message);
  return nullptr;
}

napi_value fail_memory(napi_env env, int64_t bytes) {
  return fail(env, "ERR_MEMORY", LackOfMemory(bytes).words);
}

LackOfMemory::LackOfMemory(int64_t bytes) {
  const MemoryInfo memory = memory_info();
  const bool limited = bytes > memory.limit - memory.bytes;
  std::snprintf(words, sizeof words,
                "%lld bytes do not fit: %s; %lld of the %lld bytes that MYELIN_MEMORY allows are in use. Free tensors with "
                "dispose(), wrap the work in tidy(), or let the event loop turn",
                static_cast<long long>(bytes),
                limited ? "they would exceed the limit" : "the operating system gives this process no more",
                static_cast<long long>(memory.bytes), static_cast<long long>(memory.limit));
}

bool read_number(napi_env env, napi_value value, double* number) {
  return napi_get_value_double(env, value, number) == napi_ok;
}

bool read_shape(napi_env env, napi_value dtype, napi_value shape, View* view) {
  double number = 0;
  bool is_array = false;
  uint32_t rank = 0;
  if (!read_number(env, dtype, &number) || !(number >= 0 && number < kDTypes)) return false;
  view->dtype = static_cast<DType>(static_cast<int>(number));
  if (napi_is_array(env, shape, &is_array) != napi_ok || !is_array) return false;
  if (napi_get_array_length(env, shape, &rank) != napi_ok || rank > kMaxRank) return false;
  view->rank = static_cast<int>(rank);
  for (uint32_t i = 0; i < rank; i++) {
    napi_value item;
    if (napi_get_element(env, shape, i, &item) != napi_ok || !read_number(env, item, &number)) return false;
    if (!(number >= 0 && number <= static_cast<double>(kMaxDim)) || number != static_cast<double>(static_cast<int64_t>(number)))
      return false;
    view->dims[i] = static_cast<int64_t>(number);
  }
  return fits(*view);
}

bool read_bytes(napi_env env, napi_value typed_array, Bytes* bytes) {
  size_t length = 0;
  if (napi_get_typedarray_info(env, typed_array, &bytes->type, &length, &bytes->data, nullptr, nullptr) != napi_ok)
    return false;
  switch (bytes->type) {
    case napi_int8_array: case napi_uint8_array: case napi_uint8_clamped_array: bytes->bytes = length; return true;
    case napi_int16_array: case napi_uint16_array: bytes->bytes = length * 2; return true;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: bytes->bytes = length * 4; return true;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: bytes->bytes = length * 8; return true;
    default: return false;  // of halves, which no tensor has, or newer
  }
}

}  // namespace myelin
