// Functions as JavaScript calls them: no memory for what the addon keeps besides tensors is an error like others.
#pragma once

#include <napi.h>

#include <new>

#include "arguments.h"

namespace myelin {

inline napi_value no_room(napi_env env) {
  return fail(env, "ERR_MEMORY", "the operating system gives this process no more memory");
}

template <class F>
napi_value guarded(napi_env env, F f) {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return no_room(env);
  }
}

template <napi_value (*f)(napi_env, napi_callback_info)>
napi_value guarded(napi_env env, napi_callback_info info) {
  return guarded(env, [&] { return f(env, info); });
}

template <Napi::Value (*f)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), guarded(info.Env(), [&]() -> napi_value { return f(info); }));
}

template <Napi::Value (*f)(const Napi::CallbackInfo&)>
void export_function(Napi::Object exports, const char* name) {
  exports[name] = Napi::Function::New<guarded<f>>(exports.Env(), name);
}

}  // namespace myelin
