#include "environment.h"

#include <new>

namespace myelin {
namespace {

constexpr int kIndexBits = 24;
constexpr uint32_t kGenerations = 1u << 7;
constexpr int64_t kReportStep = 256 << 10;  // V8 is told of native memory in steps, since each telling has a price

}  // namespace

Environment::Environment(napi_env env) : env_(env) { chunks_.reserve(kMaxEntries >> kChunkBits); }

Environment::~Environment() {
  for (uint32_t i = 0; i < used_; i++)
    if (at(i).storage != nullptr) at(i).storage->release();
  for (Entry* chunk : chunks_) delete[] chunk;
}

Environment* Environment::of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Environment*>(data);
}

Entry* Environment::find(double handle) {
  if (!(handle >= 0 && handle <= 2147483647.0)) return nullptr;
  const auto h = static_cast<uint32_t>(handle);
  if (static_cast<double>(h) != handle) return nullptr;
  const uint32_t index = h & (kMaxEntries - 1);
  if (index >= used_) return nullptr;
  Entry& e = at(index);
  return e.storage != nullptr && e.generation == h >> kIndexBits ? &e : nullptr;
}

bool Environment::view(double handle, View* view) {
  const Entry* e = find(handle);
  if (e == nullptr) return false;
  view->data = e->storage->data;
  view->dtype = e->dtype;
  view->rank = e->rank;
  for (int i = 0; i < e->rank; i++) view->dims[i] = e->dims[i];
  return true;
}

Handle Environment::add(Storage* storage, const View& shape) {
  uint32_t index = first_free_;
  if (index != kMaxEntries) {
    first_free_ = at(index).next_free;
  } else {
    if (used_ == kMaxEntries) return kNoHandle;
    if (used_ >> kChunkBits == chunks_.size()) {
      auto* const chunk = new (std::nothrow) Entry[1u << kChunkBits];
      if (chunk == nullptr) return kNoHandle;
      chunks_.push_back(chunk);
    }
    index = used_++;
  }
  Entry& e = at(index);
  e.storage = storage;
  e.dtype = shape.dtype;
  e.rank = static_cast<uint8_t>(shape.rank);
  for (int i = 0; i < shape.rank; i++) e.dims[i] = static_cast<uint32_t>(shape.dims[i]);
  live_++;
  count(static_cast<int64_t>(storage->bytes));
  return static_cast<Handle>(e.generation << kIndexBits | index);
}

Storage* Environment::storage(double handle) {
  const Entry* e = find(handle);
  return e == nullptr ? nullptr : e->storage;
}

bool Environment::release(double handle) {
  Entry* e = find(handle);
  if (e == nullptr) return false;
  count(-static_cast<int64_t>(e->storage->bytes));
  live_--;
  e->storage->release();
  e->storage = nullptr;
  e->generation = (e->generation + 1) % kGenerations;
  e->next_free = first_free_;
  first_free_ = static_cast<uint32_t>(handle) & (kMaxEntries - 1);
  return true;
}

napi_value Environment::keep_spec(napi_value array) {
  napi_value kept = nullptr;
  if (spec_array_ != nullptr) return napi_get_reference_value(env_, spec_array_, &kept) == napi_ok ? kept : nullptr;
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer;
  bool owned = true;  // by an ArrayBuffer; the other kind of buffer that a typed array has is shared
  if (napi_get_typedarray_info(env_, array, &type, &length, &data, &buffer, nullptr) != napi_ok ||
      type != napi_float64_array || data == nullptr || napi_is_arraybuffer(env_, buffer, &owned) != napi_ok || owned ||
      napi_create_reference(env_, array, 1, &spec_array_) != napi_ok)
    return nullptr;
  spec_ = static_cast<double*>(data);
  spec_length_ = length;
  return array;
}

void Environment::count(int64_t bytes) {
  bytes_ += bytes;
  unreported_ += bytes;
  if (unreported_ < kReportStep && unreported_ > -kReportStep) return;
  int64_t total;
  napi_adjust_external_memory(env_, unreported_, &total);
  unreported_ = 0;
}

}  // namespace myelin
