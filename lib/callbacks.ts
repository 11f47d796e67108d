// The public `callbacks`: those that need a run alone, and those that write its files.
export { type BackupAndRestore, type BackupAndRestoreOptions, backupAndRestore } from './io/backup-and-restore.js'
export * from './train/callbacks/index.js'
