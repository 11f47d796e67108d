// Loads the addon CAMPAIGN_ADDON wherever the library's own is asked for, in workers too.
const { dlopen } = process
process.dlopen = (module, file, ...flags) =>
  dlopen.call(process, module, file.endsWith('myelin.node') ? process.env.CAMPAIGN_ADDON : file, ...flags)
