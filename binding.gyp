{
  # What ships: one addon, and inside it the kernels once for each instruction set, each as a static library of its own
  # with its own flags, never link-time optimized together (scripts/check-symbols proves that nothing is merged).
  "variables": {
    "kernels": ["<!@(node scripts/sources.mjs kernels)"],
    "sources": ["<!@(node scripts/sources.mjs addon)"],
    "warnings": ["-Wall", "-Wextra"]
  },
  "target_defaults": {
    "cflags!": ["-fexceptions", "-O2"],
    "cflags_cc!": ["-fno-rtti", "-fexceptions", "-std=gnu++17", "-std=gnu++20", "-O2"],
    "cflags": ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections", "<@(warnings)"],
    "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti", "-fvisibility-inlines-hidden"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
      "GCC_ENABLE_CPP_RTTI": "NO",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "OTHER_CFLAGS": ["-ffp-contract=off", "-fno-math-errno"]
    },
    "msvs_settings": {
      "VCCLCompilerTool": { "ExceptionHandling": 0, "AdditionalOptions": ["/std:c++17", "/fp:precise", "/O2"] }
    }
  },
  "targets": [
    {
      "target_name": "kernels_baseline",
      "type": "static_library",
      "sources": ["<@(kernels)"],
      "defines": ["MYELIN_TARGET_BASELINE"]
    },
    {
      "target_name": "myelin",
      "sources": ["<@(sources)"],
      # A lack of memory or threads reaches the addon as an exception of the C++ library; kernels meet none.
      "cflags_cc!": ["-fno-exceptions"],
      "cflags_cc": ["-fexceptions"],
      "xcode_settings": { "GCC_ENABLE_CPP_EXCEPTIONS": "YES" },
      "msvs_settings": { "VCCLCompilerTool": { "ExceptionHandling": 1 } },
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
        # In a worker that is being terminated no call of Node-API may throw; without this, that ends the process.
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "MYELIN_VERSION=\"<!(node -p \"require('./package.json').version\")\""
      ],
      "dependencies": ["kernels_baseline"],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["kernels_avx2", "kernels_avx512"] }],
        ["target_arch=='arm64'", { "dependencies": ["kernels_neon"] }],
        ["OS=='linux'", { "ldflags": ["-Wl,-z,nodelete", "-Wl,--gc-sections", "-Wl,--version-script=<(module_root_dir)/native/exports.map"], "libraries": ["-ldl"] }]
      ]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "kernels_avx2",
          "type": "static_library",
          "sources": ["<@(kernels)"],
          "defines": ["MYELIN_TARGET_AVX2"],
          "cflags": ["-mavx2", "-mfma"],
          "xcode_settings": { "OTHER_CFLAGS": ["-ffp-contract=off", "-fno-math-errno", "-mavx2", "-mfma"] },
          "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/arch:AVX2"] } }
        },
        {
          "target_name": "kernels_avx512",
          "type": "static_library",
          "sources": ["<@(kernels)"],
          "defines": ["MYELIN_TARGET_AVX512"],
          # GCC's own avx512fintrin.h trips these two.
          "cflags": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-Wno-uninitialized", "-Wno-maybe-uninitialized"],
          "xcode_settings": { "OTHER_CFLAGS": ["-ffp-contract=off", "-fno-math-errno", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"] },
          "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/arch:AVX512"] } }
        }
      ]
    }],
    ["target_arch=='arm64'", {
      "targets": [
        {
          "target_name": "kernels_neon",
          "type": "static_library",
          "sources": ["<@(kernels)"],
          "defines": ["MYELIN_TARGET_NEON"]
        }
      ]
    }]
  ]
}
