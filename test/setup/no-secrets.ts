// A test fails when a server said a secret in it: in a log, in an error, or in what a process prints. So the logs of the whole suite are read.
import { assertNoSecretsSaid } from "../support/log";

afterEach(assertNoSecretsSaid);
