import { describeWatcher } from './watcher/describe-watcher.ts';

describeWatcher('python');
